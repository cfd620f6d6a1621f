//! Findings as text.

use ariadne::{CharSet, Config, IndexType, Label, Report, ReportKind, Source};

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{FileId, SourceMap, Span};

/// One line: `file:line:col: error[code]: message; effect; help`.
///
/// ```
/// use keepalived_conf::{MemoryFiles, line, parse};
/// let parsed = parse(&MemoryFiles::new([("k.conf", "global_defs {\n  routr_id a\n}")]), "k.conf");
/// assert!(line(&parsed.diagnostics[0], &parsed.sources).starts_with("k.conf:2:3: error[unknown-keyword]: "));
/// ```
#[must_use]
pub fn line(found: &Diagnostic, sources: &SourceMap) -> String {
    let place = found
        .span
        .map_or_else(String::new, |span| format!("{}: ", sources.place(span)));
    let mut text = format!(
        "{place}{}[{}]: {}",
        found.severity.word(),
        found.code,
        found.message
    );
    for part in [&found.effect, &found.help]
        .into_iter()
        .filter(|part| !part.is_empty())
    {
        text.push_str("; ");
        text.push_str(part);
    }
    harmless(&text)
}

/// A word of a file may tell a terminal what to do; `?` instead, byte for byte.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in text.chars() {
        if sign.is_control() && !matches!(sign, '\n' | '\r' | '\t') {
            out.extend(std::iter::repeat_n('?', sign.len_utf8()));
        } else {
            out.push(sign);
        }
    }
    out
}

/// Several lines with the source beside: what was found, what happens now, what to do. Begins with the place as
/// `file:line:col`. For many findings see [`Renderer`].
#[must_use]
pub fn render(found: &Diagnostic, sources: &SourceMap, color: bool) -> String {
    Renderer::new(sources, color).render(found)
}

/// Draws findings one after another; what it makes of a file for the first it keeps for the others.
///
/// ```
/// use keepalived_conf::{MemoryFiles, Renderer, parse};
/// let parsed = parse(&MemoryFiles::new([("k.conf", "global_defs {\n  routr_id a\n}\nvrrp\n")]), "k.conf");
/// let mut renderer = Renderer::new(&parsed.sources, false);
/// let drawn: Vec<String> = parsed.diagnostics.iter().map(|found| renderer.render(found)).collect();
/// assert!(drawn[0].contains("routr_id a") && drawn[1].contains("4 | vrrp"));
/// ```
pub struct Renderer<'a> {
    texts: Texts<'a>,
    color: bool,
}

impl std::fmt::Debug for Renderer<'_> {
    /// Not the texts: they hold passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Renderer")
            .field("color", &self.color)
            .finish_non_exhaustive()
    }
}

impl<'a> Renderer<'a> {
    /// For findings with places in these files.
    #[must_use]
    pub const fn new(sources: &'a SourceMap, color: bool) -> Self {
        let texts = Texts {
            files: Vec::new(),
            sources,
        };
        Self { texts, color }
    }

    /// As [`render`].
    pub fn render(&mut self, found: &Diagnostic) -> String {
        let sources = self.texts.sources;
        let Some(span) = found.span else {
            return format!("{}\n", line(found, sources));
        };
        let head = format!(
            "{}: {}[{}]: {}\n",
            sources.place(span),
            found.severity.word(),
            found.code,
            harmless(&found.message)
        );
        let spans = std::iter::once(span).chain(found.labels.iter().map(|label| label.span));
        if spans
            .into_iter()
            .any(|span| sources.line_bytes(span) > LINE_BYTES_MAX)
        {
            return format!("{}\n", line(found, sources));
        }
        picture(found, span, &mut self.texts, self.color).map_or(head.clone(), |picture| head + &picture)
    }
}

/// keepalived reads no longer line, and nobody finds a mark in one.
const LINE_BYTES_MAX: usize = 1024;

/// The source lines with marks; none if they cannot be drawn.
fn picture(found: &Diagnostic, span: Span, texts: &mut Texts<'_>, color: bool) -> Option<String> {
    let kind = match found.severity {
        Severity::Fatal | Severity::InstanceDropped | Severity::Error => ReportKind::Error,
        Severity::Warning => ReportKind::Warning,
        Severity::Note => ReportKind::Advice,
    };
    let at = texts.range(span);
    let config = Config::default()
        .with_color(color)
        .with_index_type(IndexType::Byte)
        .with_char_set(CharSet::Ascii);
    let mut report = Report::build(kind, (span.file, at.clone()))
        .with_config(config)
        .with_message(harmless(&found.message));
    report = report.with_label(
        Label::new((span.file, at)).with_message(if found.effect.is_empty() {
            "here".to_owned()
        } else {
            harmless(&found.effect)
        }),
    );
    for label in &found.labels {
        let range = texts.range(label.span);
        report = report.with_label(Label::new((label.span.file, range)).with_message(harmless(&label.text)));
    }
    let keepalived = found.keepalived.sentence();
    if !keepalived.is_empty() {
        report = report.with_note(keepalived);
    }
    if !found.help.is_empty() {
        report = report.with_help(harmless(&found.help));
    }
    let mut out = Vec::new();
    report.finish().write(texts, &mut out).ok()?;
    // The first line repeats the message, which stands in our own first line.
    String::from_utf8_lossy(&out)
        .split_once('\n')
        .map(|(_, picture)| picture.to_owned())
}

/// Source texts as UTF-8, for ariadne. Bytes that are not UTF-8 are shown as `?`, one for one, so that offsets hold.
struct Texts<'a> {
    files: Vec<(FileId, Source<String>)>,
    sources: &'a SourceMap,
}

impl Texts<'_> {
    fn range(&mut self, span: Span) -> std::ops::Range<usize> {
        if !self.files.iter().any(|(file, _)| *file == span.file) {
            self.files.push((
                span.file,
                Source::from(one_for_one(&self.sources.shown(span.file))),
            ));
        }
        let wide = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
        let length = self.sources.bytes(span.file).len();
        wide(span.start).min(length)..wide(span.end).min(length)
    }
}

/// UTF-8 of the same length.
fn one_for_one(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(&harmless(chunk.valid()));
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}

impl ariadne::Cache<FileId> for Texts<'_> {
    type Storage = String;

    fn fetch(&mut self, id: &FileId) -> Result<&Source<String>, impl std::fmt::Debug> {
        self.files
            .iter()
            .find(|(file, _)| file == id)
            .map(|(_, source)| source)
            .ok_or("unknown file")
    }

    fn display<'a>(&self, id: &'a FileId) -> Option<impl std::fmt::Display + 'a> {
        Some(self.sources.path(*id).to_owned())
    }
}
