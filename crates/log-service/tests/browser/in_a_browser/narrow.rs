use super::pages;
use crate::{site::Site, window::browse};

#[tokio::test]
async fn no_page_is_wider_than_a_telephone() {
    browse(&Site::open(), async |window| {
        window.resize(360, 740);
        for language in ["/language/ko", "/language/en"] {
            window.go(language).await;
            for (name, page) in pages() {
                window.go(&page).await;
                assert_eq!(window.run(WIDE).await, "", "{name}, {language}");
            }
        }
    })
    .await;
}

/// What makes the page so wide that it has to be scrolled sideways.
const WIDE: &str = "
    const { scrollWidth, clientWidth } = document.documentElement;
    const isOut = el => el.getBoundingClientRect().right > clientWidth && !el.closest('.scroll');
    return scrollWidth <= clientWidth ? ''
        : 'wider: ' + [...document.querySelectorAll('body *')].filter(isOut)
            .map(el => el.tagName + '.' + (el.getAttribute('class') || '')).join(' ')";
