// `auth new-key`: a key for AUTH_SIGNING_KEYS. Does its work as soon as it is loaded.
import { newSigningKey } from "../auth/signing-keys";
import { runCommand, UsageError } from "./run-command";

const usage = `Usage:
  auth new-key   prints a JWK Set with one new signing key, for AUTH_SIGNING_KEYS

To change keys, put the new key first and keep the old one behind it for an hour, until its tokens have expired for sure; guests' tokens live 400 days.`;

void runCommand(usage, async ([command, ...rest]) => {
  if (command === "--help" || command === "-h") {
    console.log(usage);
    return 0;
  }
  if (command !== "new-key" || rest.length > 0) throw new UsageError("The command is new-key.");
  console.log(JSON.stringify({ keys: [await newSigningKey()] }));
  return 0;
});
