//! Pictures as people send them, and as those do who mean harm.

use super::*;
use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use image::{GrayImage, ImageBuffer, Luma, Rgb, RgbImage, Rgba, RgbaImage};
use proptest::prelude::*;
use std::io::Write;

const MAGIC: &[u8] = b"\x89PNG\r\n\x1a\n";

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(data);
    [&(data.len() as u32).to_be_bytes()[..], kind, data, &crc.sum().to_be_bytes()].concat()
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A PNG whose header says this, with these chunks before its end.
fn png(width: u32, height: u32, depth: u8, color: u8, chunks: &[Vec<u8>]) -> Vec<u8> {
    let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let head = [&size[..], &[depth, color, 0, 0, 0]].concat();
    [MAGIC, &chunk(b"IHDR", &head), &chunks.concat(), &chunk(b"IEND", b"")].concat()
}

fn encoded(picture: &DynamicImage, format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A picture that says where it is dark: left.
fn half(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([10, 10, 10]) } else { Rgb([240, 240, 240]) })
}

fn noise(width: u32, height: u32) -> RgbaImage {
    let mut state = 1_u32;
    RgbaImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgba(state.to_be_bytes())
    })
}

fn read(logo: &Logo) -> DynamicImage {
    assert_eq!(LogoKind::of(&logo.bytes), Some(logo.kind));
    assert!(logo.bytes.len() <= LOGO_MAX, "{}", logo.bytes.len());
    image::load_from_memory(&logo.bytes).unwrap()
}

fn taken(sent: &[u8]) -> DynamicImage {
    read(&redraw(sent).unwrap_or_else(|bad| panic!("{bad}")))
}

fn is_dark_left(picture: &DynamicImage) -> bool {
    let picture = picture.to_luma8();
    picture.get_pixel(0, 0).0[0] < 100 && picture.get_pixel(picture.width() - 1, 0).0[0] > 150
}

#[test]
fn each_kind_is_drawn_anew() {
    let picture = DynamicImage::ImageRgb8(half(40, 20));
    for (format, kind) in [
        (image::ImageFormat::Png, LogoKind::Png),
        (image::ImageFormat::Jpeg, LogoKind::Jpeg),
        (image::ImageFormat::WebP, LogoKind::Png),
    ] {
        let logo = redraw(&encoded(&picture, format)).unwrap();
        assert_eq!(logo.kind, kind, "{format:?}");
        let again = read(&logo);
        assert_eq!((again.width(), again.height()), (40, 20));
        assert!(is_dark_left(&again), "{format:?}");
    }
    let clear = RgbaImage::from_pixel(8, 8, Rgba([255, 0, 0, 7]));
    for format in [image::ImageFormat::Png, image::ImageFormat::WebP] {
        let again = taken(&encoded(&clear.clone().into(), format)).to_rgba8();
        assert_eq!(again.get_pixel(0, 0).0, [255, 0, 0, 7], "{format:?}: what is clear stays clear");
    }
}

#[test]
fn rare_ways_to_write_a_picture_are_read() {
    let deep: ImageBuffer<Rgb<u16>, Vec<u16>> = ImageBuffer::from_pixel(4, 4, Rgb([65_535, 0, 32_768]));
    let again = taken(&encoded(&deep.into(), image::ImageFormat::Png)).to_rgb8();
    assert_eq!(again.get_pixel(0, 0).0, [255, 0, 128], "16 bits");
    let gray: GrayImage = ImageBuffer::from_pixel(4, 4, Luma([77]));
    assert_eq!(taken(&encoded(&gray.into(), image::ImageFormat::Png)).to_luma8().get_pixel(0, 0).0, [77]);
    let palette = png(1, 1, 8, 3, &[chunk(b"PLTE", &[1, 2, 3]), chunk(b"IDAT", &deflated(&[0, 0]))]);
    assert_eq!(taken(&palette).to_rgb8().get_pixel(0, 0).0, [1, 2, 3], "a palette");
    assert_eq!((taken(&cmyk()).width(), taken(&cmyk()).height()), (8, 8), "four inks");
}

/// The smallest JPEG of four inks: one block of each, all grey.
fn cmyk() -> Vec<u8> {
    let quantization = [&[0xFF, 0xDB, 0, 67, 0][..], &[1; 64]].concat();
    let adobe = b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0\0";
    let frame = [0xFF, 0xC0, 0, 20, 8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0];
    // One code of one bit: nothing differs, nothing follows.
    let codes = |class: u8| [&[0xFF, 0xC4, 0, 20, class, 1][..], &[0; 15], &[0]].concat();
    let scan = [0xFF, 0xDA, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0, 0x00];
    [&[0xFF, 0xD8][..], adobe, &quantization, &frame, &codes(0), &codes(0x10), &scan, &[0xFF, 0xD9]].concat()
}

#[test]
fn nothing_but_the_points_is_kept() {
    let picture = DynamicImage::ImageRgb8(half(16, 8));
    let jpeg = encoded(&picture, image::ImageFormat::Jpeg);
    // Exif with one entry: the picture is to be turned by a quarter, and a comment.
    let exif = [
        &b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"[..],
        b"51.5007 N 0.1246 W <script>",
    ]
    .concat();
    let head = [&[0xFF, 0xE1][..], &(exif.len() as u16 + 2).to_be_bytes(), &exif].concat();
    let turned = [&jpeg[..2], &head, &jpeg[2..], b"<html>behind it</html>"].concat();
    let logo = redraw(&turned).unwrap();
    assert_eq!((read(&logo).width(), read(&logo).height()), (8, 16), "it stands as its camera says");
    let profile = [&b"icc\0\0"[..], &deflated(b"not a profile, <script>")].concat();
    let said = [
        chunk(b"iCCP", &profile),
        chunk(b"tEXt", b"Comment\0<script>51.5007 N"),
        chunk(b"IDAT", &deflated(&[0, 9, 9, 9])),
    ];
    let with_text = [&png(1, 1, 8, 2, &said)[..], b"<html>behind it</html>"].concat();
    for bytes in [logo.bytes, redraw(&with_text).unwrap().bytes] {
        for word in [&b"51.5"[..], b"<script", b"<html", b"Exif", b"iCCP", b"tEXt", b"ICC_PROFILE"] {
            assert!(!bytes.windows(word.len()).any(|part| part == word), "{}", String::from_utf8_lossy(word));
        }
    }
}

#[test]
fn of_moving_pictures_it_is_the_first_one() {
    let line = |shade: u8| deflated(&[0, shade, shade, shade]);
    let frame = |number: u32| {
        let head = [number.to_be_bytes(), 1_u32.to_be_bytes(), 1_u32.to_be_bytes(), [0; 4], [0; 4]].concat();
        chunk(b"fcTL", &[&head[..], &[0, 1, 0, 1, 0, 0]].concat())
    };
    let moving = png(
        1,
        1,
        8,
        2,
        &[
            chunk(b"acTL", &[2_u32.to_be_bytes(), [0; 4]].concat()),
            frame(0),
            chunk(b"IDAT", &line(5)),
            frame(1),
            chunk(b"fdAT", &[&2_u32.to_be_bytes()[..], &line(250)].concat()),
        ],
    );
    let logo = redraw(&moving).unwrap();
    assert_eq!(read(&logo).to_rgb8().get_pixel(0, 0).0, [5, 5, 5]);
    assert!(!logo.bytes.windows(4).any(|four| four == b"acTL"));

    let still = |shade: u8| {
        let bytes = encoded(&RgbImage::from_pixel(2, 2, Rgb([shade; 3])).into(), image::ImageFormat::WebP);
        bytes[12..].to_vec()
    };
    let part = |kind: &[u8; 4], data: &[u8]| [&kind[..], &(data.len() as u32).to_le_bytes(), data].concat();
    let frame = |shade| part(b"ANMF", &[&[0; 6][..], &[1, 0, 0, 1, 0, 0, 100, 0, 0, 0], &still(shade)].concat());
    let body = [
        &b"WEBP"[..],
        &part(b"VP8X", &[0x02, 0, 0, 0, 1, 0, 0, 1, 0, 0]),
        &part(b"ANIM", &[0; 6]),
        &frame(5),
        &frame(250),
    ]
    .concat();
    // Frames are blended, which rounds.
    let again = taken(&part(b"RIFF", &body)).to_rgb8();
    assert!(again.get_pixel(0, 0).0[0] < 20, "{:?}", again.get_pixel(0, 0));
}

#[test]
fn what_is_large_becomes_small_and_fits() {
    for (width, height, kept) in [(2_048, 1_024, (512, 256)), (600, 2_048, (150, 512)), (2_048, 1, (512, 1))] {
        let again = taken(&encoded(&half(width, height).into(), image::ImageFormat::Png));
        assert_eq!((again.width(), again.height()), kept);
    }
    // Noise is what no encoder makes smaller.
    for (width, height) in [(300, 300), (130, 130)] {
        let again = read(&redraw(&encoded(&noise(width, height).into(), image::ImageFormat::Png)).unwrap());
        assert!(again.width() <= width);
    }
}

#[test]
fn a_bomb_is_refused_before_it_takes_memory() {
    // 400 million points of one bit, all black.
    let bomb = png(20_000, 20_000, 1, 0, &[chunk(b"IDAT", &deflated(&vec![0; 20_000 * 2_501]))]);
    assert!(bomb.len() < 50 * 1024, "{}", bomb.len());
    let size = |bytes: &[u8]| match redraw(bytes).unwrap_err() {
        Bad::Size(..) => true,
        Bad::Picture(image::ImageError::Limits(_)) => true,
        other => panic!("{other}"),
    };
    assert!(size(&bomb));
    for (width, height) in [(2_049, 1), (1, 2_049), (u32::MAX / 2, 1), (65_535, 65_535)] {
        assert!(size(&png(width, height, 8, 6, &[chunk(b"IDAT", &deflated(&[0; 100]))])), "{width} by {height}");
    }
    // A text, and a profile, that are much larger than they are written.
    let zeros = deflated(&vec![b'a'; 20 << 20]);
    for kind in [b"zTXt", b"iCCP"] {
        let swollen = chunk(kind, &[&b"x\0\0"[..], &zeros].concat());
        let with = png(1, 1, 8, 2, &[swollen, chunk(b"IDAT", &deflated(&[0, 9, 9, 9]))]);
        if let Ok(logo) = redraw(&with) {
            assert_eq!(read(&logo).width(), 1);
        }
    }
    let mut jpeg = encoded(&half(8, 8).into(), image::ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|two| two == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF]);
    assert!(size(&jpeg));
}

#[test]
fn what_is_no_picture_is_refused() {
    let good = encoded(&half(40, 40).into(), image::ImageFormat::Png);
    let webp = encoded(&half(40, 40).into(), image::ImageFormat::WebP);
    let html = b"<html><script>alert(1)</script>";
    let no_pictures = [
        [MAGIC, html].concat(),
        [MAGIC, &chunk(b"IHDR", &[0; 13]), html].concat(),
        [&b"\xFF\xD8\xFF\xE0"[..], html].concat(),
        [&b"RIFF\x20\0\0\0WEBPVP8 "[..], html].concat(),
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec(),
        b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(),
        Vec::new(),
        good[..good.len() / 2].to_vec(),
        good[..MAGIC.len()].to_vec(),
        webp[..webp.len() / 2].to_vec(),
        png(0, 0, 8, 2, &[chunk(b"IDAT", &deflated(&[0]))]),
        png(1, 1, 8, 2, &[]),
    ];
    for bytes in no_pictures {
        assert!(redraw(&bytes).is_err(), "{:?}", String::from_utf8_lossy(&bytes));
    }
}

#[tokio::test]
async fn of_many_at_once_some_are_told_to_come_back() {
    let (redrawer, sent) = (Redrawer::default(), encoded(&half(40, 40).into(), image::ImageFormat::Png));
    let all = (0..40).map(|_| redrawer.logo(sent.clone()));
    let all = futures::future::join_all(all).await;
    assert!(all.iter().any(Result::is_ok));
    assert!(all.iter().any(|one| matches!(one, Err(Refusal::Unavailable { .. }))));
    assert!(redrawer.logo(sent).await.is_ok(), "and later there is room");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_picture_that_is_spoilt_is_refused_or_drawn(
        kind in 0_usize..3, at in any::<prop::sample::Index>(), byte in any::<u8>(), end in any::<prop::sample::Index>(),
    ) {
        let format = [image::ImageFormat::Png, image::ImageFormat::Jpeg, image::ImageFormat::WebP][kind];
        let mut bytes = encoded(&half(20, 10).into(), format);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(end.index(bytes.len()).max(bytes.len() / 2));
        if let Ok(logo) = redraw(&bytes) {
            read(&logo);
        }
    }
}
