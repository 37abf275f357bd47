// The mails that accounts cause: plain text, one link at most. Queued in the transaction of what they are about.

interface Mail {
  recipient: string;
  subject: string;
  body: string;
}

export function verifyEmailMail(email: string, url: string, token: string): Mail {
  return mail(email, "Confirm your email address", [
    "please confirm that this address is yours:",
    link(url, "verify-email", token),
    "The link works for two days. If you did not create an account, ignore this mail.",
  ]);
}

export function accountExistsMail(email: string, url: string): Mail {
  return mail(email, "You already have an account", [
    "somebody, probably you, wanted to create an account with this address. You have one already: sign in, or reset your password if you lost it:",
    `${url}/sign-in`,
    "If it was not you, nothing has happened and there is nothing to do.",
  ]);
}

export function changeEmailMail(email: string, url: string, token: string): Mail {
  return mail(email, "Confirm your new email address", [
    "please confirm that this is your new address:",
    link(url, "verify-email", token),
    "The link works for two days. Until then your old address counts.",
  ]);
}

export function emailChangedMail(email: string): Mail {
  return mail(email, "Your email address was changed", [
    "your account has a new email address, and this one does not belong to it any more. If it was not you, answer this mail.",
  ]);
}

export function resetPasswordMail(email: string, url: string, token: string): Mail {
  return mail(email, "Set a new password", [
    "set a new password here:",
    link(url, "reset-password", token),
    "The link works for one hour. If you did not ask for it, ignore this mail: your password stays.",
  ]);
}

export function passwordChangedMail(email: string): Mail {
  return mail(email, "Your password was changed", [
    "your password was changed, and your other devices are signed out. If it was not you, reset your password at once.",
  ]);
}

export function accountDeletedMail(email: string): Mail {
  return mail(email, "Your account is deleted", ["your account is deleted, with everything that was kept about you."]);
}

function mail(recipient: string, subject: string, paragraphs: readonly string[]): Mail {
  // Without a name: whoever typed it may not own the address, and must not write to its owner.
  return { recipient, subject, body: `${["Hello,", ...paragraphs].join("\n\n")}\n` };
}

/** In the fragment, which browsers send to no server and to no other site. */
function link(url: string, page: string, token: string): string {
  return `${url}/${page}#token=${token}`;
}
