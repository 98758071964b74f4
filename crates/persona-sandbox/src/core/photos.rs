//! The pictures behind the links to photos: what the sandbox pretends that a camera took.

/// A picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Photo {
    /// The page that it shows, as the API names it.
    pub(crate) page: &'static str,
    pub(crate) filename: &'static str,
    pub(crate) bytes: &'static [u8],
}

/// The front of a document.
pub(crate) static FRONT: Photo = Photo {
    page: "front",
    filename: "front.png",
    bytes: include_bytes!("photos/front.png"),
};

/// The front of a document, out of focus.
pub(crate) static BLURRED_FRONT: Photo = Photo {
    page: "front",
    filename: "front-blurred.png",
    bytes: include_bytes!("photos/front-blurred.png"),
};

/// The back of a document.
pub(crate) static BACK: Photo = Photo {
    page: "back",
    filename: "back.png",
    bytes: include_bytes!("photos/back.png"),
};

/// A face from the front.
pub(crate) static CENTER: Photo = Photo {
    page: "center_photo",
    filename: "center.png",
    bytes: include_bytes!("photos/center.png"),
};

/// A face that looks to the left.
pub(crate) static LEFT: Photo = Photo {
    page: "left_photo",
    filename: "left.png",
    bytes: include_bytes!("photos/left.png"),
};

/// A face that looks to the right.
pub(crate) static RIGHT: Photo = Photo {
    page: "right_photo",
    filename: "right.png",
    bytes: include_bytes!("photos/right.png"),
};

/// The picture with this file name.
pub(crate) fn find(filename: &str) -> Option<&'static Photo> {
    let all = [&FRONT, &BLURRED_FRONT, &BACK, &CENTER, &LEFT, &RIGHT];
    all.into_iter().find(|photo| photo.filename == filename)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_is_found_by_its_name() {
        for photo in [FRONT, BLURRED_FRONT, BACK, CENTER, LEFT, RIGHT] {
            assert_eq!(find(photo.filename), Some(&photo));
            assert!(photo.bytes.starts_with(b"\x89PNG"), "{}", photo.filename);
        }
        assert_eq!(find("../front.png"), None);
    }
}
