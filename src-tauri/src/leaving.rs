//! How a window is left: what its close button asks, in the page or, when the page does not answer, in a plain dialog of
//! the toolkit; and what follows from the answer.

use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A page that does not show the question within this is not there.
pub const ANSWER_MOST: Duration = Duration::from_secs(2);

/// What a person chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// The page shows the question; nothing is chosen yet.
    Shown,
    /// The windows close, the station goes on.
    Leave,
    /// The station ends too, and recording with it.
    Stop,
    /// Nothing.
    Cancel,
}

/// Where the question stands.
#[derive(Debug, Default)]
pub struct Question(Mutex<Option<Asked>>);

#[derive(Debug)]
struct Asked {
    at: Instant,
    shown: bool,
    /// The toolkit's own dialog is up.
    plain: bool,
}

impl Question {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Asked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The close button was pressed. True: the page is to be asked now; a page that shows the question already is not
    /// asked again, unless it has not shown it in time.
    pub fn ask(&self, now: Instant) -> bool {
        let mut asked = self.lock();
        match &*asked {
            Some(before) if before.plain || before.shown => false,
            Some(before) if now.duration_since(before.at) < ANSWER_MOST => false,
            _ => {
                *asked = Some(Asked { at: now, shown: false, plain: false });
                true
            }
        }
    }

    /// The page said something.
    pub fn heard(&self, choice: Choice) {
        let mut asked = self.lock();
        match (choice, &mut *asked) {
            (Choice::Shown, Some(asked)) => asked.shown = true,
            (Choice::Shown, None) => {}
            _ => *asked = None,
        }
    }

    /// Time is up. True: the page shows nothing, so the toolkit's own dialog asks.
    pub fn overdue(&self) -> bool {
        match &mut *self.lock() {
            Some(asked) if !asked.shown && !asked.plain => {
                asked.plain = true;
                true
            }
            _ => false,
        }
    }

    /// The page began anew: what it showed is gone.
    pub fn forget(&self) {
        let mut asked = self.lock();
        if asked.as_ref().is_some_and(|asked| !asked.plain) {
            *asked = None;
        }
    }
}

/// The words of the plain dialog; the page has its own.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// What is asked.
    pub question: &'static str,
    /// Why this looks so plain.
    pub why: &'static str,
    /// The windows close, the station goes on.
    pub leave: &'static str,
    /// Everything ends.
    pub stop: &'static str,
    /// Nothing.
    pub cancel: &'static str,
    /// Asked once more before everything ends.
    pub sure: &'static str,
}

/// In the language of the screens.
#[must_use]
pub fn words(language: &str) -> Words {
    if language == "en" {
        Words {
            question: "Close the window?",
            why: "The screen does not answer, so this plain dialog asks.",
            leave: "Close the windows, keep recording",
            stop: "Stop everything…",
            cancel: "Cancel",
            sure: "Recording of every camera ends. Stop the station?",
        }
    } else {
        Words {
            question: "Đóng cửa sổ?",
            why: "Màn hình không phản hồi nên hộp thoại đơn giản này hỏi thay.",
            leave: "Đóng cửa sổ, vẫn ghi hình",
            stop: "Dừng tất cả…",
            cancel: "Huỷ",
            sure: "Mọi camera sẽ ngừng ghi hình. Dừng trạm?",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_answers_is_left_alone() {
        let question = Question::default();
        let now = Instant::now();
        assert!(question.ask(now));
        question.heard(Choice::Shown);
        assert!(!question.overdue());
        assert!(!question.ask(now + Duration::from_secs(60)), "it stands there already");
        question.heard(Choice::Cancel);
        assert!(question.ask(now + Duration::from_secs(61)));
    }

    #[test]
    fn a_page_that_does_not_answer_is_passed_over_once() {
        let question = Question::default();
        let now = Instant::now();
        assert!(question.ask(now));
        assert!(!question.ask(now + Duration::from_millis(100)), "an impatient second press");
        assert!(question.overdue());
        assert!(!question.overdue(), "one dialog is enough");
        question.forget();
        assert!(!question.ask(now + Duration::from_secs(9)), "the plain one is up");
        question.heard(Choice::Cancel);
        assert!(question.ask(now + Duration::from_secs(10)));
    }

    #[test]
    fn a_page_that_begins_anew_is_asked_anew() {
        let question = Question::default();
        let now = Instant::now();
        assert!(question.ask(now));
        question.heard(Choice::Shown);
        question.forget();
        assert!(question.ask(now));
    }
}
