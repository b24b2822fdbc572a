//! How a wall is cut into tiles: a form, and the cells that came of it once somebody dragged its borders. Whole units of
//! a square, so that borders meet exactly and a shape fits every screen. Where the pixels are is the page's.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A side of the wall in units.
pub const WALL_UNITS: u32 = 5040;

/// Square grids, and large tiles with small ones around them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub enum WallForm {
    /// One.
    #[serde(rename = "1")]
    One,
    /// Two side by side.
    #[serde(rename = "2")]
    Two,
    /// One large, two beside it.
    #[serde(rename = "3")]
    Three,
    /// 2 by 2.
    #[serde(rename = "4")]
    Four,
    /// 3 by 3.
    #[serde(rename = "9")]
    Nine,
    /// 4 by 4.
    #[default]
    #[serde(rename = "16")]
    Sixteen,
    /// 5 by 5.
    #[serde(rename = "25")]
    TwentyFive,
    /// 6 by 6.
    #[serde(rename = "36")]
    ThirtySix,
    /// 8 by 8.
    #[serde(rename = "64")]
    SixtyFour,
    /// One large, five around it.
    #[serde(rename = "1+5")]
    OneAndFive,
    /// One large, seven around it.
    #[serde(rename = "1+7")]
    OneAndSeven,
    /// Two large, eight below them.
    #[serde(rename = "2+8")]
    TwoAndEight,
}

impl WallForm {
    /// So many tiles.
    #[must_use]
    pub fn tiles(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
            Self::Four => 4,
            Self::OneAndFive => 6,
            Self::OneAndSeven => 8,
            Self::Nine => 9,
            Self::TwoAndEight => 10,
            Self::Sixteen => 16,
            Self::TwentyFive => 25,
            Self::ThirtySix => 36,
            Self::SixtyFour => 64,
        }
    }
}

/// A tile's place on the wall, in units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub struct WallCell {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width.
    pub w: u32,
    /// Height.
    pub h: u32,
}

impl WallCell {
    fn is_inside(self) -> bool {
        let ends = |at: u32, size: u32| size > 0 && at.checked_add(size).is_some_and(|end| end <= WALL_UNITS);
        ends(self.x, self.w) && ends(self.y, self.h)
    }

    fn overlaps(self, other: Self) -> bool {
        self.x < other.x + other.w
            && other.x < self.x + self.w
            && self.y < other.y + other.h
            && other.y < self.y + self.h
    }
}

/// A wall's shape.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub struct WallShape {
    /// What it was before anything was dragged.
    pub form: WallForm,
    /// Tile by tile, as many as the form has; absent: as the form says.
    #[serde(default)]
    pub cells: Option<Vec<WallCell>>,
}

impl WallShape {
    /// Undragged.
    #[must_use]
    pub fn of(form: WallForm) -> Self {
        Self { form, cells: None }
    }

    /// The smallest grid that holds so many tiles, of 64 at most.
    #[must_use]
    pub fn grid_for(tiles: usize) -> Self {
        use WallForm::{Four, Nine, One, Sixteen, SixtyFour, ThirtySix, TwentyFive};
        let grids = [One, Four, Nine, Sixteen, TwentyFive, ThirtySix];
        Self::of(grids.into_iter().find(|form| form.tiles() >= tiles).unwrap_or(SixtyFour))
    }

    /// So many tiles.
    #[must_use]
    pub fn tiles(&self) -> usize {
        self.form.tiles()
    }

    /// Whether its cells cover the whole wall once, as many as the form has.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let Some(cells) = &self.cells else { return true };
        let apart = |(index, cell): (usize, &WallCell)| {
            cells.iter().skip(index + 1).all(|other| !cell.overlaps(*other))
        };
        let area = || cells.iter().map(|cell| u64::from(cell.w) * u64::from(cell.h)).sum::<u64>();
        cells.len() == self.tiles()
            && cells.iter().all(|cell| cell.is_inside())
            && cells.iter().enumerate().all(apart)
            && area() == u64::from(WALL_UNITS) * u64::from(WALL_UNITS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_covers_the_wall_once() {
        let cell = |x, w| WallCell { x, y: 0, w, h: WALL_UNITS };
        let two =
            |cells: &[WallCell]| WallShape { form: WallForm::Two, cells: Some(cells.to_vec()) }.is_whole();
        assert!(WallShape::of(WallForm::OneAndFive).is_whole());
        assert!(two(&[cell(0, 3000), cell(3000, 2040)]));
        assert!(!two(&[cell(0, 3000), cell(3000, 2000)]), "a hole");
        assert!(!two(&[cell(0, 3040), cell(3000, 2040)]), "an overlap");
        assert!(!two(&[cell(0, WALL_UNITS)]), "another number of tiles");
        assert!(!two(&[cell(0, WALL_UNITS), cell(0, 0)]), "nothing");
        assert!(!two(&[cell(0, 3000), cell(3000, u32::MAX)]), "outside");
    }

    #[test]
    fn forms_have_the_names_of_the_screens() {
        let shape = WallShape::of(WallForm::TwoAndEight);
        let text = serde_json::to_string(&shape).unwrap();
        assert_eq!(text, r#"{"form":"2+8","cells":null}"#);
        assert_eq!(serde_json::from_str::<WallShape>(r#"{"form":"2+8"}"#).unwrap(), shape);
        assert!(serde_json::from_str::<WallShape>(r#"{"form":"5"}"#).is_err());
        assert_eq!(WallShape::grid_for(10).form, WallForm::Sixteen);
        assert_eq!(WallShape::grid_for(240).form, WallForm::SixtyFour);
    }
}
