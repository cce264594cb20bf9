//! `vestibule admin`: people who sign in to the console.

use super::failure::Result;
use super::shell::Shell;
use crate::crypto::Secret;
use crate::error::Error;
use crate::store::Scope;
use crate::store::mails::Kind;
use crate::store::members::{self, Member, NewMember, Role};
use crate::views::member::{InvitedMemberView, MemberView, address};
use clap::Subcommand;

/// What to do with the console's people.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Create an account; prints the link by which its password is chosen
    Create {
        /// The address to sign in with
        email: String,
        /// What the person is called
        #[arg(long)]
        name: String,
        /// `owner`, `admin`, `support`, `developer` or `viewer`
        #[arg(long, default_value = "owner")]
        role: Role,
    },
    /// Print a link by which somebody signs in once, with the password as it is
    Link {
        /// The address that the person signs in with
        email: String,
    },
    /// Take a second step away, for somebody who has lost app and recovery codes; the password lets them in again
    RemoveSecondStep {
        /// The address that the person signs in with
        email: String,
    },
    /// Take a password away and end every session; prints the link by which another is chosen
    ResetPassword {
        /// The address that the person signs in with
        email: String,
    },
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::Create { email, name, role } => {
            let (url, master) = (shell.public_url()?, shell.master()?);
            let (member, token) = shell.write(Scope::System, |tx| {
                let member = members::create(tx, &NewMember { email, name, role })?;
                let token = members::invite(tx, &member.id)?;
                let to = address(url, &token);
                members::mail(tx, &master, &member, Kind::Invitation, &to)?;
                Ok((member, token))
            })?;
            told(shell, member, &token)
        }
        Command::Link { email } => {
            let member = find(shell, &email)?;
            let token = shell.write(Scope::System, |tx| members::admit(tx, &member.id))?;
            told(shell, member, &token)
        }
        Command::RemoveSecondStep { email } => {
            let member = find(shell, &email)?;
            let act = format!("Take the second step of {} away", member.email);
            shell.confirm(&act, &member.email)?;
            shell.write(Scope::System, |tx| members::second_step::remove(tx, &member.id))?;
            let fields = [("id", member.id.to_string()), ("email", member.email.clone())];
            shell.out.object(&MemberView::new(member), &fields)?;
            shell.out.note("The password alone lets this person in until they set another one up.");
            Ok(())
        }
        Command::ResetPassword { email } => {
            let member = find(shell, &email)?;
            shell.confirm(&format!("Take the password of {} away", member.email), &member.email)?;
            let (url, master) = (shell.public_url()?, shell.master()?);
            let token = shell.write(Scope::System, |tx| {
                members::reset_password(tx, &member.id)?;
                let token = members::invite(tx, &member.id)?;
                let to = address(url, &token);
                members::mail(tx, &master, &member, Kind::PasswordReset, &to)?;
                Ok(token)
            })?;
            told(shell, member, &token)
        }
    }
}

fn find(shell: &Shell, email: &str) -> Result<Member> {
    shell.read(|db| {
        members::by_email(db, email)?.ok_or_else(|| Error::not_found("member", email.to_owned()))
    })
}

fn told(shell: &Shell, member: Member, token: &Secret) -> Result {
    let url = address(shell.public_url()?, token);
    let fields = [
        ("id", member.id.to_string()),
        ("email", member.email.clone()),
        ("role", member.role.to_string()),
        ("url", url.clone()),
    ];
    shell.out.object(&InvitedMemberView::new(member, url), &fields)?;
    shell.out.note("The link is shown this once. It works once, for 60 minutes.");
    Ok(())
}
