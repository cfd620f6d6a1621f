//! Where a redirect leads. Pure.

/// A status that names another place for the same request (RFC 9110 15.4).
pub(super) const fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// The path to ask for next, where `location` is on this server: of its scheme and one of the names it is known by.
pub(super) fn on_this_server(location: &str, path: &str, scheme: &str, known: &[&str]) -> Option<String> {
    let location = location.split('#').next().unwrap_or_default();
    let rest = match location.split_once("://") {
        Some((other, _)) if other.contains(['/', '?']) => return beside(location, path),
        Some((other, rest)) if other.eq_ignore_ascii_case(scheme) => rest,
        Some(_) => return None,
        None => match location.strip_prefix("//") {
            Some(rest) => rest,
            None => return beside(location, path),
        },
    };
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(at);
    let default = if scheme == "https" { ":443" } else { ":80" };
    let bare = |name: &str| name.strip_suffix(default).unwrap_or(name).to_ascii_lowercase();
    let here = known.iter().any(|name| bare(name) == bare(authority));
    here.then(|| {
        if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        }
    })
}

/// A reference without a host (RFC 3986 5.2), without the dots in it.
fn beside(location: &str, path: &str) -> Option<String> {
    if location.is_empty() {
        return None;
    }
    if location.starts_with('/') {
        return Some(location.to_owned());
    }
    let path = path.split('?').next().unwrap_or_default();
    if location.starts_with('?') {
        return Some(format!("{path}{location}"));
    }
    let folder = path.rfind('/').map_or("/", |end| path.get(..=end).unwrap_or("/"));
    Some(format!("{folder}{location}"))
}

#[cfg(test)]
mod tests {
    use super::on_this_server;

    #[test]
    fn a_redirect_is_here_or_elsewhere() {
        let next =
            |location| on_this_server(location, "/a/b?c", "http", &["www.example.org", "192.0.2.1:80"]);
        let here = |path: &str| Some(path.to_owned());
        assert_eq!(next("/x?y#z"), here("/x?y"));
        assert_eq!(next("x"), here("/a/x"));
        assert_eq!(next("?q"), here("/a/b?q"));
        assert_eq!(next("HTTP://WWW.example.org/x"), here("/x"));
        assert_eq!(next("http://www.example.org:80?q"), here("/?q"));
        assert_eq!(next("//192.0.2.1/x"), here("/x"));
        assert_eq!(
            next("/login?to=http://www.example.org/"),
            here("/login?to=http://www.example.org/")
        );
        for elsewhere in [
            "https://www.example.org/",
            "http://www.example.org:8080/",
            "http://other.example/",
            "",
        ] {
            assert_eq!(next(elsewhere), None, "{elsewhere}");
        }
    }
}
