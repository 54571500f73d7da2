//! A tenant's logo: a small picture and nothing else.

use axum::http::Method;

use crate::support::{Plan, Reply, TestServer, assert_refused};

/// How a picture begins, and nothing of one.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

/// A picture of one point, with a page behind its end.
fn picture() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(1, 1, image::Rgb([1, 2, 3])).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    [&bytes.into_inner()[..], b"<html><script>alert(1)</script>"].concat()
}

/// Sends a logo as browsers send a form with a file in it.
async fn upload(server: &TestServer, cookie: &str, name: &str, bytes: &[u8]) -> Reply {
    let mut body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"x.svg\"\r\nContent-Type: image/svg+xml\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    let call = server.request(Method::POST, "/t/acme/logo").cookie(cookie);
    call.raw("multipart/form-data; boundary=edge", body).send().await
}

#[tokio::test]
async fn a_logo_is_a_small_picture_and_nothing_else() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    assert_eq!(server.get("/t/acme/logo").send().await.status, 404);
    for cookie in ["", acme.moderator.as_str(), default.owner.as_str()] {
        assert_eq!(upload(&server, cookie, "logo", PNG).await.status, 403);
    }
    for bad in [b"<svg onload=alert(1)>".as_slice(), b"<script>alert(1)</script>", b"GIF89a", b"MZ", PNG] {
        assert_refused("no picture", &upload(&server, &acme.owner, "logo", bad).await, 415, "no_picture");
    }
    let large = [PNG, &vec![0; 65 * 1024]].concat();
    assert_refused("too large", &upload(&server, &acme.owner, "logo", &large).await, 413, "too_large");
    let huge = [PNG, &vec![0; 1 << 20]].concat();
    assert_eq!(upload(&server, &acme.owner, "logo", &huge).await.status, 413);
    let plain = server.request(Method::POST, "/t/acme/logo").cookie(&acme.owner).form(&[("logo", "x")]).send().await;
    assert_eq!(plain.status, 415);
    let foreign =
        server.request(Method::POST, "/t/acme/logo").cookie(&acme.owner).header("origin", "https://evil.example");
    assert_eq!(foreign.raw("multipart/form-data; boundary=edge", vec![]).send().await.status, 403);
    assert_eq!(server.get("/t/acme/logo").send().await.status, 404, "nothing of all that was kept");

    // A browser gets its page back, with what was wrong on it.
    let call = server.request(Method::POST, "/t/acme/logo").cookie(&acme.owner).wants_page();
    let none = b"--edge\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"x\"\r\n\r\nGIF89a\r\n--edge--\r\n"
        .to_vec();
    let refused = call.raw("multipart/form-data; boundary=edge", none).send().await;
    assert_eq!(refused.status, 303);
    let page = server.get(refused.header("location")).cookie(&acme.owner).send().await;
    assert!(page.text().contains("Nothing was saved."), "{}", refused.header("location"));

    let spoilt = [PNG, b"<html><script>alert(1)</script>"].concat();
    let refused = upload(&server, &acme.owner, "logo", &spoilt).await;
    assert_refused("a page behind a picture's first bytes", &refused, 415, "no_picture");
    assert!(refused.text().contains("at most 2,048 pixels a side"), "{}", refused.text());
    let put = upload(&server, &acme.owner, "logo", &picture()).await;
    assert_eq!((put.status.as_u16(), put.header("location")), (303, "/t/acme/admin/settings?saved=set_logo"));
    let logo = server.get("/t/acme/logo").send().await;
    assert_eq!((logo.status.as_u16(), logo.header("content-type")), (200, "image/png"), "whatever it was said to be");
    assert_eq!((logo.header("x-content-type-options"), logo.header("content-disposition")), ("nosniff", "attachment"));
    let kept = image::load_from_memory(&logo.body).unwrap().into_rgb8();
    assert_eq!((kept.dimensions(), kept.get_pixel(0, 0).0), ((1, 1), [1, 2, 3]));
    assert!(!logo.body.windows(6).any(|part| part == b"<html>"), "what stood behind the picture is gone");
    let board = server.get("/api/fn/load_board?tenant=acme").send().await.json();
    let word = board["tenant"]["settings"]["logo"].as_str().unwrap();
    for page in ["/t/acme", "/t/acme/sign-in"] {
        let page = server.get(page).send().await;
        assert!(page.text().contains(&format!("src=\"/t/acme/logo?v={word}\"")), "{}", page.text());
    }
    assert_eq!(server.get("/t/default/logo").send().await.status, 404);
    // A form without a picture takes it away.
    assert_eq!(upload(&server, &acme.owner, "logo", b"").await.status, 303);
    assert_eq!(server.get("/t/acme/logo").send().await.status, 404);
}
