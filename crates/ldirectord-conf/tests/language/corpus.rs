//! The 21 real files, which are not part of the project: found through `SHARED` or beside the project, skipped in words
//! where they are not.

use std::path::PathBuf;

use keepalived_conf::{DiskFiles, Severity};
use ldirectord_conf::{FewNames, parse};

/// File, virtual servers, those that are carried out, real servers without those written twice: counted in the files. Those that are not carried
/// out are written for a patched ldirectord, with services of its own; ldirectord refuses such files.
const FILES: &[(&str, usize, usize, usize)] = &[
    ("01-resource-agents-ldirectord.cf", 1, 1, 3),
    ("02-lvsadm-ldirectord.cf", 4, 3, 12),
    ("03-ldirectord-manager-ld.cf", 2, 2, 4),
    ("04-ldirectord-manager-fd.cf", 6, 0, 18),
    ("05-ldirectord-manager-gprs2.cf", 477, 0, 1420),
    ("06-ldirectord-manager-ip-safra.cf", 18, 17, 36),
    ("07-ldirectord-manager-ip.cf", 143, 1, 286),
    ("08-ldirectord-manager-itautec.cf", 2, 0, 2),
    ("09-ldirectord-manager-lss-cabal.cf", 2, 0, 10),
    ("10-ldirectord-manager-lss-safra.cf", 4, 0, 20),
    ("11-ldirectord-manager-m2m.cf", 17, 0, 51),
    ("12-ldirectord-manager-mariadb.cf", 1, 1, 2),
    ("13-ldirectord-manager-pdvlss.cf", 4, 0, 12),
    ("14-ldirectord-manager-poslss-redecard.cf", 5, 0, 13),
    ("15-ldirectord-manager-poslss.cf", 5, 0, 14),
    ("16-ldirectord-manager-teflss-redecard.cf", 5, 0, 15),
    ("17-ldirectord-manager-radius-cf-json0.cf", 2, 2, 4),
    ("18-document-23304133594.cf", 1, 1, 3),
    ("19-document-49382948987.cf", 2, 2, 4),
    ("20-document-57427399870.cf", 1, 1, 2),
    ("21-document-8403444226.cf", 1, 1, 2),
];

fn corpus() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let shared = std::env::var("SHARED").unwrap_or_else(|_| beside.to_owned());
    let folder = PathBuf::from(shared).join("corpus/ldirectord");
    if folder.join("index.json").is_file() {
        return Some(folder);
    }
    println!(
        "SKIP ldirectord_conf_corpus: nothing at {}; set SHARED to the folder that holds corpus/",
        folder.display()
    );
    None
}

#[test]
fn real_files_have_what_was_counted_in_them() {
    let Some(folder) = corpus() else { return };
    for (file, virtuals, usable, reals) in FILES {
        let path = folder.join(file).display().to_string();
        let parsed = parse(&DiskFiles, &FewNames, &path);
        let read = &parsed.config.virtuals;
        let carried_out = read.iter().filter(|read| read.usable).count();
        let servers: usize = read.iter().map(|read| read.reals.len()).sum();
        assert_eq!(
            (read.len(), carried_out, servers),
            (*virtuals, *usable, *reals),
            "{file}"
        );
        let dropped = |severity: Severity| severity == Severity::InstanceDropped;
        let told = parsed.diagnostics.iter().any(|found| dropped(found.severity));
        assert_eq!(told, virtuals != usable, "{file}");
    }
}
