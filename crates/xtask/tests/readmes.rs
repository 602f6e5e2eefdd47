//! The README in Korean says what the English one says: in the same order it has headings of the same depth, the same code,
//! the same commands in its tables, and the same links.

use std::{fs, path::Path};

const NAMES: [&str; 2] = ["README.md", "README.ko.md"];

/// What both must have, whatever the words between.
#[derive(Debug, PartialEq)]
struct Outline {
    headings: Vec<String>,
    code: Vec<String>,
    commands: Vec<String>,
    links: Vec<String>,
}

impl Outline {
    fn of(text: &str) -> Self {
        let parts: Vec<_> = text.split("```").collect();
        let prose = || parts.iter().step_by(2).flat_map(|part| part.lines());
        let headings = prose().filter(|line| line.starts_with('#')).filter_map(|line| line.split(' ').next());
        let code = parts.iter().skip(1).step_by(2).map(|block| block.trim());
        let rows = prose().filter(|line| line.starts_with("| `"));
        let commands = rows.filter_map(|line| line.split(" | ").next());
        let links = parts.iter().step_by(2).flat_map(|part| part.split("](").skip(1));
        let links = links.filter_map(|rest| rest.split(')').next()).filter(|link| !NAMES.contains(link));
        Self {
            headings: headings.map(str::to_owned).collect(),
            code: code.map(str::to_owned).collect(),
            commands: commands.map(str::to_owned).collect(),
            links: links.map(str::to_owned).collect(),
        }
    }
}

#[test]
fn the_readme_says_the_same_in_both_languages() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let [english, korean] = NAMES.map(|name| Outline::of(&fs::read_to_string(root.join(name)).unwrap()));
    assert_eq!(korean, english, "{} is not up to date with {}", NAMES[1], NAMES[0]);
}

#[test]
fn what_differs_is_noticed() {
    let text = "# A\n\n[x](docs/x.md)\n\n```sh\nrun\n```\n\n| `log-service health` | … |\n";
    for (from, to) in [("# A", "## A"), ("docs/x.md", "docs/y.md"), ("run", "ran"), ("health", "ill")] {
        assert_ne!(Outline::of(text), Outline::of(&text.replace(from, to)), "{to}");
    }
    assert_eq!(Outline::of(text), Outline::of(&text.replace('A', "가")));
}
