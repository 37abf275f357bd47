// What `docker build` and `docker run` do, with Linux alone: a folder as root of its own file system, its own process numbers, and where
// it is asked for no writing, no rights and another user. The system's programs and libraries are those of this machine, shown read-only
// in place of the base image's; Node is the version that the Dockerfile names. Needs root.
import { spawn } from "node:child_process";
import { cpSync, existsSync, lstatSync, mkdirSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";

const shown = ["/etc", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64", "/usr/libexec", "/usr/share"];
/** Links into /usr on today's systems. */
const linked = ["/bin", "/sbin", "/lib", "/lib64"];

/** A root as a base image has it: with `local` (Node, npm) as its /usr/local. */
export function makeRoot(root, local) {
  for (const path of [...shown, "/dev", "/proc", "/tmp", "/root"]) mkdirSync(join(root, path), { recursive: true });
  for (const path of linked.filter(path => existsSync(path))) {
    if (!lstatSync(path).isSymbolicLink()) throw new Error(`${path} is no link into /usr on this machine`);
    symlinkSync(readlinkSync(path), join(root, path));
  }
  cpSync(local, join(root, "usr/local"), { recursive: true, verbatimSymlinks: true });
}

// The last word is another program each time, so the process that it starts is number 1 in there, as the command of a container is.
const enter = `
set -e
root=$1; user=$2; directory=$3; shift 3
mount --bind "$root" "$root"
for path in ${shown.join(" ")}; do
  if [ -d "$path" ]; then
    mount --bind "$path" "$root$path"
    mount -o remount,bind,ro "$root$path"
  fi
done
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
if [ "$user" = build ]; then
  exec chroot "$root" env -C "$directory" "$@"
fi
mount -o remount,bind,ro "$root"
mount -t tmpfs -o size=64m,mode=1777 tmpfs "$root/tmp"
exec chroot "$root" setpriv --reuid="\${user%:*}" --regid="\${user#*:}" --clear-groups --no-new-privs \
  --inh-caps=-all --bounding-set=-all -- env -C "$directory" "$@"
`;

/**
 * Starts `words` in `root`. Without a `user` as root and free to write, as a step of a build; with one as docker run does with --user,
 * --read-only, --tmpfs /tmp, --cap-drop=ALL and --security-opt=no-new-privileges.
 */
export function startIn(root, words, { directory = "/", env = {}, user = "build" } = {}) {
  const isolate = ["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", enter, "enter"];
  const child = spawn("unshare", [...isolate, root, user, directory, ...words], {
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", part => (output += String(part)));
  const ended = new Promise(resolve => child.on("close", code => resolve({ code, output })));
  return { child, ended, output: () => output };
}

/** @returns what it printed. @throws Error with it when it fails. */
export async function runIn(root, words, options) {
  const { code, output } = await startIn(root, words, options).ended;
  if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code}:\n${output}`);
  return output;
}
