//! A tenant's logo: a small picture of a kind that browsers show and that carries no script. What is kept was written by
//! us, from the points of what was sent.

/// The most bytes of a logo, as it is sent and as it is kept.
pub const LOGO_MAX: usize = 64 * 1024;

/// What a picture is. SVG is none of them: it is a document that can hold scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoKind {
    /// Portable Network Graphics.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    WebP,
}

impl LogoKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Png, Self::Jpeg, Self::WebP];

    /// What these bytes begin as, whatever their sender says of them; `None` for anything else.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Self::Png),
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            _ => None,
        }
    }

    /// The type that it is stored and served under.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
        }
    }

    /// Reads a stored type.
    #[must_use]
    pub fn of_media_type(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.media_type() == text)
    }
}

/// A logo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    /// What it is.
    pub kind: LogoKind,
    /// The picture.
    pub bytes: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_what_it_begins_as() {
        assert_eq!(LogoKind::of(b"\x89PNG\r\n\x1a\n...."), Some(LogoKind::Png));
        assert_eq!(LogoKind::of(b"\xff\xd8\xff\xe0...."), Some(LogoKind::Jpeg));
        assert_eq!(LogoKind::of(b"RIFF....WEBPVP8 "), Some(LogoKind::WebP));
        let no_pictures: [&[u8]; 8] = [
            b"",
            b"\x89PNG",
            b"RIFF",
            b"RIFF....WAVE",
            b"GIF89a",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"<script>",
            b" \x89PNG\r\n\x1a\n",
        ];
        for bytes in no_pictures {
            assert_eq!(LogoKind::of(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_stored_type_reads_back() {
        for kind in LogoKind::ALL {
            assert_eq!(LogoKind::of_media_type(kind.media_type()), Some(kind));
        }
        assert_eq!(LogoKind::of_media_type("text/html"), None);
    }
}
