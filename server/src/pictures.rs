//! Logos: decoded with bounds and written anew, off the threads that serve requests.
//!
//! What is stored and served is what our own encoder wrote: one picture, no profile, no place where it was taken, nothing
//! behind its end.

use async_trait::async_trait;
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageEncoder, ImageResult, Limits};
use std::io::Cursor;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use pulsestage::error::Refusal;
use pulsestage::logo::{LOGO_MAX, Logo, LogoKind};
use pulsestage::ports::Pictures;

/// The most points of a side of what is sent.
pub const SIDE_MAX: u32 = 2_048;
/// What a decoder may take for one picture: all of its points at 16 bits each, and as much again to work with.
const MEMORY_MAX: u64 = 64 * 1024 * 1024;
/// The most points of a side of what is kept, and what is tried when that has too many bytes. Headers show a logo at 40
/// points, so the largest is sharp on every screen and paper; the smallest fits whatever is on it.
const KEPT_SIDES: [u32; 5] = [512, 384, 256, 160, 96];
/// Of 100, for photographs.
const JPEG_QUALITY: u8 = 85;
/// So many may wait while one is drawn; one more is told that we are busy.
const WAITING: usize = 8;

/// Draws logos, one at a time.
#[derive(Clone)]
pub struct Redrawer {
    /// Who draws now.
    seat: Arc<Semaphore>,
    /// Who may wait for it, the one on it included.
    places: Arc<Semaphore>,
}

impl Default for Redrawer {
    fn default() -> Self {
        Self { seat: Arc::new(Semaphore::new(1)), places: Arc::new(Semaphore::new(1 + WAITING)) }
    }
}

#[async_trait]
impl Pictures for Redrawer {
    async fn logo(&self, sent: Vec<u8>) -> Result<Logo, Refusal> {
        let busy = Refusal::Unavailable { retry_after_s: 5 };
        let _place = self.places.try_acquire().map_err(|_| busy.clone())?;
        let seat = self.seat.clone().acquire_owned().await.map_err(|_| busy)?;
        // The seat goes along: whoever hangs up leaves nobody else a second one.
        let drawn = spawn_blocking(move || {
            let _seat = seat;
            redraw(&sent)
        });
        match drawn.await {
            Ok(Ok(logo)) => Ok(logo),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a picture was not taken");
                Err(Refusal::NoPicture)
            }
            // A decoder that panics has met something that is no picture.
            Err(error) => {
                tracing::warn!(%error, "a picture could not be read");
                Err(Refusal::NoPicture)
            }
        }
    }
}

/// Why a picture was not taken.
#[derive(Debug, thiserror::Error)]
enum Bad {
    #[error("it begins as none of the kinds that are taken")]
    Kind,
    #[error("it has {0} by {1} points")]
    Size(u32, u32),
    #[error(transparent)]
    Picture(#[from] image::ImageError),
    #[error("it does not fit, however small")]
    Large,
}

/// Decodes and encodes again. Of moving pictures it is the first one.
fn redraw(sent: &[u8]) -> Result<Logo, Bad> {
    let kind = LogoKind::of(sent).ok_or(Bad::Kind)?;
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(SIDE_MAX), Some(SIDE_MAX));
    limits.max_alloc = Some(MEMORY_MAX);
    let reader = Cursor::new(sent);
    let picture = match kind {
        LogoKind::Png => decode(PngDecoder::with_limits(reader, limits.clone())?, limits),
        LogoKind::Jpeg => decode(JpegDecoder::new(reader)?, limits),
        LogoKind::WebP => decode(WebPDecoder::new(reader)?, limits),
    }?;
    for side in KEPT_SIDES {
        let fits = picture.width() <= side && picture.height() <= side;
        let (kind, bytes) = match fits {
            true => encode(&picture, kind)?,
            // Triangle: quick, and without the rings that Lanczos draws around letters.
            false => encode(&picture.resize(side, side, FilterType::Triangle), kind)?,
        };
        if bytes.len() <= LOGO_MAX {
            return Ok(Logo { kind, bytes });
        }
    }
    Err(Bad::Large)
}

fn decode(mut decoder: impl ImageDecoder, mut limits: Limits) -> Result<DynamicImage, Bad> {
    let (width, height) = decoder.dimensions();
    // Before anything is allocated, whatever the decoder thinks of limits.
    if width == 0 || height == 0 || width > SIDE_MAX || height > SIDE_MAX {
        return Err(Bad::Size(width, height));
    }
    limits.reserve(decoder.total_bytes())?;
    decoder.set_limits(limits)?;
    // Cameras write which side is up beside the picture; that is lost with all else, so it is turned.
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(match picture.color().has_alpha() {
        true => DynamicImage::ImageRgba8(picture.into_rgba8()),
        false => DynamicImage::ImageRgb8(picture.into_rgb8()),
    })
}

/// A photograph stays a JPEG; all else is PNG.
fn encode(picture: &DynamicImage, kind: LogoKind) -> ImageResult<(LogoKind, Vec<u8>)> {
    let (color, points) = (picture.color().into(), picture.as_bytes());
    let mut bytes = Vec::new();
    if kind == LogoKind::Jpeg {
        JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY).write_image(
            points,
            picture.width(),
            picture.height(),
            color,
        )?;
        return Ok((LogoKind::Jpeg, bytes));
    }
    use image::codecs::png::{CompressionType, FilterType, PngEncoder};
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive);
    encoder.write_image(points, picture.width(), picture.height(), color)?;
    Ok((LogoKind::Png, bytes))
}

#[cfg(test)]
#[path = "pictures_tests.rs"]
mod tests;
