//! `vrrpctl completions SHELL`: what a shell needs to complete a command line of vrrpctl.

use clap::builder::PossibleValuesParser;
use clap::{Args, Command};
use clap_complete::Shell;
use keepalived_conf::keywords;

use crate::print;

/// What may be asked.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The shell that shall read it.
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, command: Command) -> u8 {
    print(&String::from_utf8_lossy(&script(arguments.shell, command)))
}

/// The words of the configuration stand behind `vrrpctl words`.
fn script(shell: Shell, command: Command) -> Vec<u8> {
    let mut names: Vec<&'static str> = keywords().iter().map(|keyword| keyword.name).collect();
    names.sort_unstable();
    names.dedup();
    let mut command = command.mut_subcommand("words", |words| {
        words.mut_arg("word", |word| word.value_parser(PossibleValuesParser::new(names)))
    });
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut command, "vrrpctl", &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, ValueEnum};

    #[test]
    fn every_shell_learns_the_commands_and_the_words() {
        for shell in Shell::value_variants() {
            let text = String::from_utf8(script(*shell, crate::Arguments::command())).unwrap();
            assert!(text.contains("simulate"), "{shell}");
            // The others complete no values of positional arguments.
            if matches!(shell, Shell::Bash | Shell::Zsh) {
                assert!(text.contains("garp_master_refresh"), "{shell}");
            }
        }
    }
}
