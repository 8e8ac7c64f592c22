#!/usr/bin/env bash
#
# Tests of tornado-env.sh. No network, nothing outside a temporary directory: the JDKs, SDKs, archives and package
# managers are small imitations, PATH holds only the tools linked into it, and WATERSPOUT_SYSTEM_ROOT keeps the script
# away from what this machine has installed. Prints one line per case; exits 1 when a case failed.
#
#   tests/shell/tornado-env-test.sh [WORDS]     runs the cases whose name holds WORDS, or all

# shellcheck disable=SC2016 # many a text in single quotes here is a program for another shell
set -u
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
script="$repository/tornado-env.sh"
only="${1:-}"
work=$(mktemp -d "${TMPDIR:-/tmp}/tornado-env-test.XXXXXX")
work=$(cd "$work" && pwd -P)
trap 'rm -rf "$work"' EXIT

passed=0
failed=0
tag=v5.2.0-jdk25
asset=tornadovm-5.2.0-jdk25-opencl-linux-amd64.tar.gz

# --- imitations ------------------------------------------------------------------------------------------------------

tools="$work/tools"
mkdir "$tools"
for tool in awk bash cat chmod cmp cp cut dirname env find gzip head ldconfig ln ls mkdir mkfifo mktemp mv ps rm sed \
    sha256sum shasum sh sleep sort tar timeout touch tr uniq wc zsh; do
    path=$(command -v "$tool") && ln -s "$path" "$tools/$tool"
done

# A program $1 that runs the script text $2.
program() {
    mkdir -p "$(dirname "$1")"
    printf '#!/bin/sh\n%s\n' "$2" >"$1"
    chmod +x "$1"
}

# A directory $1 that looks like a JDK of version $2. Its java answers the device query.
make_jdk() {
    program "$1/bin/javac" 'exit 0'
    program "$1/bin/java" "case \"\$*\" in
*XshowSettings*) echo '    java.home = $1' >&2 ;;
*TornadoDeviceQuery*) printf 'Number of Tornado drivers: 1\n  Tornado device=0:0  (DEFAULT)\n\t\033[36mOPENCL\033[0m --  [Imitation] -- cpu\n' ;;
*) echo 'openjdk version \"$2\" 2025-09-16' >&2 ;;
esac"
    printf 'IMPLEMENTOR="none"\nJAVA_VERSION="%s"\n' "$2" >"$1/release"
}

# A directory $1 that looks like an unpacked SDK release of version $2.
make_sdk() {
    mkdir -p "$1/bin" "$1/etc" "$1/lib" "$1/share/java/tornado"
    program "$1/bin/tornado" 'exit 0'
    : >"$1/share/java/tornado/tornado-api-$2.jar"
    echo 'tornado.backends=opencl-backend,ptx-backend' >"$1/etc/tornado.backend"
    printf '%s\n' '# comment' '-server' '-Djava.library.path=${TORNADOVM_HOME}/lib' \
        '--module-path .:${TORNADOVM_HOME}/share/java/tornado' \
        '--upgrade-module-path ${TORNADOVM_HOME}/share/java/graalJars' >"$1/tornado-argfile.template"
}

# A release archive below directory $1, as the project's releases are laid out, with its checksum.
make_release() {
    local content="$work/content"
    rm -rf "$content"
    make_sdk "$content/tornadovm-5.2.0-jdk25-opencl" 5.2.0-jdk25
    mkdir -p "$1/$tag"
    tar -czf "$1/$tag/$asset" -C "$content" tornadovm-5.2.0-jdk25-opencl
    rm -rf "$content"
    printf '%s  %s\n' "$(checksum "$1/$tag/$asset")" "$asset" >"$1/$tag/$asset.sha256"
}

checksum() { { sha256sum "$1" 2>/dev/null || shasum -a 256 "$1"; } | cut -d ' ' -f 1; }

# --- running ---------------------------------------------------------------------------------------------------------

# Gives the case a home, a system root and a bin directory of its own, and an environment with nothing else in it.
fresh() {
    box=$(mktemp -d "$work/box.XXXXXX")
    home="$box/home"
    root="$box/root"
    bin="$box/bin"
    mkdir "$home" "$root" "$bin"
    program "$bin/uname" 'case "$1" in -s) echo Linux ;; -m) echo x86_64 ;; esac'
    program "$bin/id" 'echo 1000'
    environment=(env -i HOME="$home" PATH="$bin:$tools" WATERSPOUT_SYSTEM_ROOT="$root" LC_ALL=C)
}

# Runs a command in the case's environment; leaves its result in $code, $out and $err.
run() {
    "${environment[@]}" "$@" >"$box/out" 2>"$box/err" </dev/null
    code=$?
    out=$(cat "$box/out")
    err=$(cat "$box/err")
}

with() { environment+=("$@"); }

# Each claim prints what it saw when it does not hold; the case then fails.
claim() {
    local what=$1
    shift
    "$@" && return 0
    printf '    not so: %s\n    code %s\n    out: %s\n    err: %s\n' "$what" "${code:-}" "${out:-}" "${err:-}"
    claims_failed=1
}

holds() { case "$1" in *"$2"*) return 0 ;; esac; return 1; }
lacks() { ! holds "$1" "$2"; }
one_line() { [ -n "$1" ] && [ "$(printf '%s\n' "$1" | wc -l)" -eq 1 ]; }
nothing_left() { [ -z "$(ls -A "$home/.waterspout" 2>/dev/null)" ]; }

case_of() {
    local name=$1
    [ -z "$only" ] || holds "$name" "$only" || return 0
    claims_failed=0
    fresh
    "$2"
    if [ "$claims_failed" -eq 0 ]; then
        passed=$((passed + 1))
        printf 'ok      %s\n' "$name"
    else
        failed=$((failed + 1))
        printf 'FAILED  %s\n' "$name"
    fi
}

skipped() {
    [ -z "$only" ] || holds "$1" "$only" || return 0
    printf 'skipped %s: %s\n' "$1" "$2"
}

# --- sourcing --------------------------------------------------------------------------------------------------------

show='; echo "java=$JAVA_HOME sdk=${TORNADOVM_HOME:-none} path=$PATH"'

sources_everything_in() {
    make_jdk "$root/usr/lib/jvm/java-25-openjdk" 25.0.1
    make_sdk "$home/.waterspout/tornadovm-5.2.0-opencl" 5.2.0-jdk25
    run "$1" -c "source '$script'$show"
    claim "succeeds" [ "$code" -eq 0 ]
    claim "all three are set" holds "$out" \
        "java=$root/usr/lib/jvm/java-25-openjdk sdk=$home/.waterspout/tornadovm-5.2.0-opencl path=$root/usr/lib/jvm/java-25-openjdk/bin:$home/.waterspout/tornadovm-5.2.0-opencl/bin:"
    claim "the argument file is made" [ -s "$home/.waterspout/tornadovm-5.2.0-opencl/tornado-argfile" ]
    run "$1" -c "source '$script'; once=\$PATH; source '$script'; [ \"\$once\" = \"\$PATH\" ] && echo same"
    claim "PATH does not grow" holds "$out" same
    claim "says nothing the second time" [ -z "$err" ]
    run "$1" -c "set -eu; source '$script'; echo alive"
    claim "the shell lives under set -eu" holds "$out" alive
    run "$1" -c "source '$script'; set | grep -i '^waterspout_env' || echo clean"
    claim "no variable stays behind" lacks "$out" WATERSPOUT_ENV
}
bash_sources() { sources_everything_in bash; }
zsh_sources() { sources_everything_in zsh; }

options_stay() {
    make_jdk "$home/.jdks/temurin-25" 25.0.1
    run bash -c 'before=$(set +o); source "$1"; [ "$before" = "$(set +o)" ] && echo unchanged' bash "$script"
    claim "options are as before" holds "$out" unchanged
}

arguments_are_the_callers() {
    make_jdk "$home/.jdks/temurin-25" 25.0.1
    run bash -c 'file=$1; shift; source "$file"; echo "left: $*"' bash "$script" check --nonsense
    claim "the caller's arguments are not read" holds "$out" "left: check --nonsense"
}

no_sdk() {
    make_jdk "$home/.jdks/temurin-25" 25.0.1
    run bash -c "set -eu; source '$script'$show"
    claim "succeeds" [ "$code" -eq 0 ]
    claim "JAVA_HOME is set, TORNADOVM_HOME is not" holds "$out" "java=$home/.jdks/temurin-25 sdk=none"
    claim "one line says so" one_line "$err"
    claim "and how to get it" holds "$err" "tornado-env.sh install"
}

no_jdk() {
    run bash -c "source '$script'; echo \"code \$?\"; echo alive"
    claim "returns 1, the shell lives" holds "$out" "code 1
alive"
    claim "one line says so" one_line "$err"
    claim "it names the JDK" holds "$err" "no JDK 25 found"
    run bash -c "set -eu; source '$script' || echo alive"
    claim "under set -eu a caller can go on" holds "$out" alive
}

wrong_shell() {
    ln -s "$(command -v dash)" "$bin/dash"
    run dash -c ". '$script'; echo \"code \$?\""
    claim "says which shells will do" holds "$err" "neither bash nor zsh"
    claim "returns 1" holds "$out" "code 1"
}

stale_sdk_home() {
    make_jdk "$home/.jdks/temurin-25" 25.0.1
    with TORNADOVM_HOME="$box/gone"
    run bash -c "source '$script'$show"
    claim "a TORNADOVM_HOME that is no SDK is dropped" holds "$out" "sdk=none"
    make_sdk "$home/.sdkman/candidates/tornadovm/5.2.0-jdk25-opencl" 5.2.0-jdk25
    run bash -c "source '$script'$show"
    claim "or replaced by one that is" holds "$out" "sdk=$home/.sdkman/candidates/tornadovm/5.2.0-jdk25-opencl"
    claim "with a line about it" holds "$err" "$box/gone is no TornadoVM SDK"
}

# --- finding ---------------------------------------------------------------------------------------------------------

jdk_places() {
    local place
    for place in "$root/usr/lib/jvm/temurin-25-jdk-amd64" "$home/.sdkman/candidates/java/25.0.1-tem" \
        "$root/Library/Java/JavaVirtualMachines/temurin-25.jdk/Contents/Home" \
        "$root/opt/homebrew/opt/openjdk@25/libexec/openjdk.jdk/Contents/Home" "$home/.jdks/openjdk-25"; do
        make_jdk "$place" 25.0.1
        run bash "$script" exports
        claim "finds $place" holds "$out" "export JAVA_HOME=$place"
        rm -rf "$place"
    done
    make_jdk "$box/elsewhere" 25.0.2
    ln -s "$box/elsewhere/bin/java" "$bin/java"
    run bash "$script" exports
    claim "finds java on PATH" holds "$out" "export JAVA_HOME=$box/elsewhere"
}

jdk_choice() {
    make_jdk "$root/usr/lib/jvm/java-25" 25.0.1
    make_jdk "$box/jdk17" 17.0.25
    make_jdk "$box/jdk26" 26
    make_jdk "$box/mine" 25
    with JAVA_HOME="$box/mine"
    run bash "$script" exports
    claim "JAVA_HOME that will do is kept" holds "$out" "export JAVA_HOME=$box/mine"
    with JAVA_HOME="$box/jdk26"
    run bash "$script" exports
    claim "a newer one too" holds "$out" "export JAVA_HOME=$box/jdk26"
    with JAVA_HOME="$box/jdk17"
    run bash "$script" exports
    claim "an older one is not" holds "$out" "export JAVA_HOME=$root/usr/lib/jvm/java-25"
    rm "$box/mine/bin/javac"
    with JAVA_HOME="$box/mine"
    run bash "$script" exports
    claim "one without javac is not" holds "$out" "export JAVA_HOME=$root/usr/lib/jvm/java-25"
    rm -rf "$root/usr/lib/jvm/java-25"
    make_jdk "$root/usr/lib/jvm/jdk-17.0.25" 17.0.25
    run bash "$script" exports
    claim "17.0.25 is no 25" [ "$code" -eq 1 ]
}

sdk_places() {
    local place
    make_jdk "$home/.jdks/temurin-25" 25.0.1
    for place in "$home/.waterspout/tornadovm-5.2.0-ptx" "$home/.sdkman/candidates/tornadovm/5.2.0-jdk25-opencl" \
        "$root/opt/tornadovm-5.2.0"; do
        make_sdk "$place" 5.2.0-jdk25
        run bash "$script" exports
        claim "finds $place" holds "$out" "export TORNADOVM_HOME=$place"
        rm -rf "$place"
    done
    make_sdk "$box/old variable" 5.2.0-jdk25
    with TORNADO_SDK="$box/old variable"
    run bash -c "source '$script'$show"
    claim "finds TORNADO_SDK" holds "$out" "sdk=$box/old variable"
    make_sdk "$home/.waterspout/tornadovm-5.2.0-opencl" 5.2.0-jdk21
    run bash -c "source '$script'$show"
    claim "passes over an SDK for another JDK" holds "$out" "sdk=$box/old variable"
    with TORNADOVM_HOME="$home/.waterspout/tornadovm-5.2.0-opencl"
    run bash "$script" exports
    claim "takes it when TORNADOVM_HOME names it, with a warning" holds "$err" "may not run on JDK 25.0.1"
}

argfile_in_awkward_directory() {
    make_jdk "$home/.jdks/temurin-25" 25.0.1
    local sdk="$home/.waterspout/tornadovm-5.2.0-a \"b\" & \\c"
    make_sdk "$sdk" 5.2.0-jdk25
    run bash -c "source '$script'; echo \"\$TORNADOVM_HOME\"; cat \"\$TORNADOVM_HOME/tornado-argfile\""
    claim "the directory survives export" holds "$out" "$sdk"
    claim "the word is quoted as Java reads it" holds "$out" \
        "\"-Djava.library.path=$home/.waterspout/tornadovm-5.2.0-a \\\"b\\\" & \\\\c/lib\""
    claim "only the word, not the line" holds "$out" "--module-path \".:$home"
}

moved_sdk() {
    make_jdk "$home/.jdks/temurin-25" 25.0.1
    make_sdk "$box/sdk one" 5.2.0-jdk25
    with TORNADOVM_HOME="$box/sdk one"
    run bash "$script" exports
    mv "$box/sdk one" "$box/sdk-two"
    with TORNADOVM_HOME="$box/sdk-two"
    run bash "$script" exports
    claim "the argument file follows" holds "$(cat "$box/sdk-two/tornado-argfile")" "=$box/sdk-two/lib"
    claim "no trace of the old place" lacks "$(cat "$box/sdk-two/tornado-argfile")" "sdk one"
}

# --- check -----------------------------------------------------------------------------------------------------------

make_maven() { program "$bin/mvn" 'echo "Apache Maven 3.9.9 (none)"'; }

check_bare() {
    program "$bin/dnf" 'exit 1'
    run bash "$script" check
    claim "fails" [ "$code" -eq 1 ]
    claim "JDK is missing" holds "$out" "JDK 25             missing"
    claim "with a command" holds "$out" "get it: sudo dnf install -y java-25-openjdk-devel"
    claim "Maven is missing" holds "$out" "Maven              missing"
    claim "with a command" holds "$out" "get it: sudo dnf install -y maven"
    claim "the SDK is optional" holds "$out" "TornadoVM SDK      optional"
    claim "with a command" holds "$out" "tornado-env.sh install"
    claim "nothing on stderr" [ -z "$err" ]
}

check_without_sdk() {
    make_jdk "$home/.jdks/temurin-25" 25.0.1
    make_maven
    run bash "$script" check
    claim "succeeds" [ "$code" -eq 0 ]
    claim "Maven is there" holds "$out" "Maven              ok        3.9.9"
    claim "devices are optional" holds "$out" "Device             optional"
    rm "$bin/mvn"
    run bash "$script" check
    claim "without Maven it fails" [ "$code" -eq 1 ]
}

check_full() {
    make_jdk "$home/.jdks/temurin-25" 25.0.1
    make_maven
    make_sdk "$home/.waterspout/tornadovm-5.2.0-opencl" 5.2.0-jdk25
    mkdir -p "$root/etc/OpenCL/vendors" "$root/usr/lib64"
    touch "$root/etc/OpenCL/vendors/pocl.icd" "$root/etc/OpenCL/vendors/nvidia.icd" "$root/usr/lib64/libOpenCL.so.1"
    program "$bin/nvidia-smi" 'echo "Imitation 100, 570.1"'
    run bash "$script" check
    claim "the argument file is asked for" holds "$out" "SDK argument file  missing"
    run bash "$script" exports
    run bash "$script" check
    claim "succeeds" [ "$code" -eq 0 ]
    claim "SDK" holds "$out" "TornadoVM SDK      ok        5.2.0-jdk25 in $home/.waterspout/tornadovm-5.2.0-opencl"
    claim "backends" holds "$out" "SDK backends       ok        opencl, ptx"
    claim "loader" holds "$out" "OpenCL loader      ok        $root/usr/lib64/libOpenCL.so.1"
    claim "drivers" holds "$out" "OpenCL drivers     ok        nvidia, pocl"
    claim "device, from TornadoVM" holds "$out" "Device             ok        OPENCL: [Imitation] -- cpu"
    claim "GPU" holds "$out" "GPU driver         ok        NVIDIA: Imitation 100 driver 570.1"
    claim "nothing is missing" lacks "$out" "get it"
}

# --- install ---------------------------------------------------------------------------------------------------------

installs() {
    make_jdk "$home/.jdks/temurin-25" 25.0.1
    make_release "$box/releases"
    with WATERSPOUT_TORNADOVM_RELEASES="file://$box/releases"
    run bash "$script" install
    local sdk="$home/.waterspout/tornadovm-5.2.0-opencl"
    claim "succeeds" [ "$code" -eq 0 ]
    claim "says where" holds "$out" "installed: $sdk"
    claim "programs can run" [ -x "$sdk/bin/tornado" ]
    claim "the argument file names the place" holds "$(cat "$sdk/tornado-argfile")" "-Djava.library.path=$sdk/lib"
    claim "and no placeholder" lacks "$(cat "$sdk/tornado-argfile")" '${'
    claim "nothing else is left" [ "$(ls -A "$home/.waterspout")" = tornadovm-5.2.0-opencl ]
    run bash -c "source '$script'$show"
    claim "sourcing finds it" holds "$out" "sdk=$sdk"
    claim "and has nothing to say" [ -z "$err" ]
    run bash "$script" install
    claim "again is no work" holds "$out" "already installed"
    touch "$sdk/mine"
    run bash "$script" install --force
    claim "--force replaces" [ ! -e "$sdk/mine" ]
    claim "with an SDK" [ -x "$sdk/bin/tornado" ]
    claim "nothing else is left" [ "$(ls -A "$home/.waterspout")" = tornadovm-5.2.0-opencl ]
}

installs_with_sha256() {
    make_release "$box/releases"
    rm "$box/releases/$tag/$asset.sha256"
    with WATERSPOUT_TORNADOVM_RELEASES="file://$box/releases"
    run bash "$script" install
    claim "without a checksum it refuses" [ "$code" -eq 1 ]
    claim "in one line" one_line "$err"
    claim "about the checksum" holds "$err" "no published checksum"
    claim "nothing is left" nothing_left
    run bash "$script" install --sha256 "$(checksum "$box/releases/$tag/$asset" | tr 'a-f' 'A-F')"
    claim "with one it installs" [ "$code" -eq 0 ]
}

# A curl that serves the official addresses from $box/releases and writes down what it was asked for.
make_curl() {
    program "$bin/curl" "while [ \$# -gt 1 ]; do [ \"\$1\" = --output ] && to=\$2; shift; done
echo \"\$1\" >>'$box/asked'
case \"\$1\" in
https://github.com/beehive-lab/TornadoVM/releases/download/*) from='$box/releases'/\${1#*/download/} ;;
https://api.github.com/*) from='$box/release.json' ;;
esac
[ -e \"\$from\" ] || exit 22
cp \"\$from\" \"\$to\""
}

installs_with_digest() {
    local other sum
    make_release "$box/releases"
    rm "$box/releases/$tag/$asset.sha256"
    sum=$(checksum "$box/releases/$tag/$asset")
    other=$(printf '%064d' 0)
    printf '{"name":"TornadoVM 5.2.0-jdk25","body":"with, \\"name\\":\\"%s\\" in it","assets":[%s,%s]}\n' "$asset" \
        "{\"name\":\"tornadovm-5.2.0-jdk25-ptx-linux-amd64.tar.gz\",\"uploader\":{\"login\":\"x\"},\"digest\":\"sha256:$other\"}" \
        "{\"name\":\"$asset\",\"label\":\"\",\"uploader\":{\"login\":\"x\"},\"size\":1,\"digest\":\"sha256:$sum\"}" >"$box/release.json"
    make_curl
    run bash "$script" install
    claim "installs" [ "$code" -eq 0 ]
    claim "asked for the release's asset" holds "$(cat "$box/asked")" \
        "https://github.com/beehive-lab/TornadoVM/releases/download/$tag/$asset"
    claim "and for the release" holds "$(cat "$box/asked")" \
        "https://api.github.com/repos/beehive-lab/TornadoVM/releases/tags/$tag"
    sed 's/,/,\n  /g; s/":/": /g' "$box/release.json" >"$box/indented" && mv "$box/indented" "$box/release.json"
    run bash "$script" install --force
    claim "reads an indented answer too" [ "$code" -eq 0 ]
    sed "s/$sum/$other/" "$box/release.json" >"$box/wrong" && mv "$box/wrong" "$box/release.json"
    run bash "$script" install --force
    claim "a wrong digest is refused" holds "$err" "expected $other"
    claim "the SDK that was there stays" [ -x "$home/.waterspout/tornadovm-5.2.0-opencl/bin/tornado" ]
    printf '{"assets":[{"name":"%s","digest":null},{"name":"x","digest":"sha256:%s"}]}\n' "$asset" "$sum" >"$box/release.json"
    run bash "$script" install --force
    claim "another asset's digest is not taken" holds "$err" "no published checksum"
}

refuses_damage() {
    make_release "$box/releases"
    with WATERSPOUT_TORNADOVM_RELEASES="file://$box/releases"
    head -c 300 "$box/releases/$tag/$asset" >"$box/cut" && mv "$box/cut" "$box/releases/$tag/$asset"
    run bash "$script" install
    claim "a cut archive fails" [ "$code" -eq 1 ]
    claim "by its checksum" holds "$err" "checksum of $asset is"
    claim "nothing is left" nothing_left
    run bash "$script" install --sha256 "$(checksum "$box/releases/$tag/$asset")"
    claim "a damaged archive with the right checksum fails" [ "$code" -eq 1 ]
    claim "by unpacking" holds "$err" "cannot unpack"
    claim "nothing is left" nothing_left
    mkdir "$box/empty" && tar -czf "$box/releases/$tag/$asset" -C "$box" empty
    run bash "$script" install --sha256 "$(checksum "$box/releases/$tag/$asset")"
    claim "an archive of something else fails" holds "$err" "holds no TornadoVM SDK"
    claim "nothing is left" nothing_left
    rm "$box/releases/$tag/$asset"
    run bash "$script" install --sha256 "$(printf '%064d' 0)"
    claim "no archive fails" holds "$err" "cannot fetch"
    claim "nothing is left" nothing_left
}

full_disk() {
    make_release "$box/releases"
    with WATERSPOUT_TORNADOVM_RELEASES="file://$box/releases"
    program "$bin/cp" "case \"\$1\" in *.sha256) exec '$tools/cp' \"\$@\" ;; esac
echo part >\"\$2\"; echo 'cp: no space left on device' >&2; exit 1"
    run bash "$script" install
    claim "a disk full while fetching fails" [ "$code" -eq 1 ]
    claim "nothing is left" nothing_left
    rm "$bin/cp"
    program "$bin/tar" 'mkdir -p "$4/tornadovm-5.2.0-jdk25-opencl/bin"; echo "tar: no space left on device" >&2; exit 2'
    run bash "$script" install
    claim "a disk full while unpacking fails" [ "$code" -eq 1 ]
    claim "nothing is left" nothing_left
}

interrupted_by() {
    local signal=$1 expected=$2 pid tries=0
    make_release "$box/releases"
    rm "$box/releases/$tag/$asset"
    mkfifo "$box/releases/$tag/$asset" # never written to: the download hangs
    : >"$box/out"
    set -m # without job control a shell starts background commands deaf to INT
    "${environment[@]}" WATERSPOUT_TORNADOVM_RELEASES="file://$box/releases" \
        bash "$script" install >"$box/out" 2>"$box/err" </dev/null &
    pid=$!
    set +m
    while ! grep -q fetching "$box/out" && [ "$tries" -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    claim "something is under way" [ -n "$(ls -A "$home/.waterspout")" ]
    kill "-$signal" "$pid"
    # An installer that outlives the signal is ended, so that the case fails instead of waiting for ever.
    (sleep 20; kill -KILL "$pid") 2>/dev/null &
    local guard=$!
    wait "$pid" 2>/dev/null
    code=$?
    kill "$guard" 2>/dev/null
    err=$(cat "$box/err")
    out=$(cat "$box/out")
    claim "ends with $expected" [ "$code" -eq "$expected" ]
    claim "says so" holds "$err" "interrupted; nothing was installed"
    claim "nothing is left" nothing_left
}
interrupted_by_term() { interrupted_by TERM 143; }
interrupted_by_int() { interrupted_by INT 130; }
interrupted_by_hup() { interrupted_by HUP 129; }

other_systems() {
    program "$bin/uname" 'case "$1" in -s) echo Linux ;; -m) echo aarch64 ;; esac'
    run bash "$script" install
    claim "no SDK is published for linux-aarch64" holds "$err" "is published for linux-aarch64"
    claim "and it fails" [ "$code" -eq 1 ]
    mkdir "$box/releases"
    with WATERSPOUT_TORNADOVM_RELEASES="file://$box/releases"
    asset=tornadovm-5.2.0-jdk25-opencl-linux-aarch64.tar.gz make_release_named
    run bash "$script" install
    claim "another place may have one" [ "$code" -eq 0 ]
    rm -rf "$home/.waterspout"
    program "$bin/uname" 'case "$1" in -s) echo Darwin ;; -m) echo arm64 ;; esac'
    asset=tornadovm-5.2.0-jdk25-opencl-mac-aarch64.tar.gz make_release_named
    run bash "$script" install
    claim "macOS has its own archive" [ "$code" -eq 0 ]
    program "$bin/uname" 'case "$1" in -s) echo Plan9 ;; -m) echo vax ;; esac'
    run bash "$script" install --force
    claim "an unknown system is named" holds "$err" "Plan9 on vax"
}
make_release_named() { make_release "$box/releases"; }

installs_pocl() {
    make_release "$box/releases"
    with WATERSPOUT_TORNADOVM_RELEASES="file://$box/releases"
    run bash "$script" install --opencl-cpu
    claim "no package manager, said" holds "$err" "install PoCL"
    program "$bin/apt-get" "echo \"apt-get \$*\" >>'$box/asked'"
    run bash "$script" install --opencl-cpu
    claim "not root, no sudo, said" holds "$err" "as root run: apt-get install pocl-opencl-icd"
    program "$bin/sudo" 'echo sudo >>"$HOME/sudo"; exec "$@"'
    run bash "$script" install --opencl-cpu
    claim "succeeds" [ "$code" -eq 0 ]
    claim "apt-get was run" holds "$(cat "$box/asked")" "apt-get install -y pocl-opencl-icd ocl-icd-libopencl1"
    claim "through sudo" [ -e "$home/sudo" ]
    rm "$home/sudo"
    program "$bin/id" 'echo 0'
    run bash "$script" install --opencl-cpu
    claim "as root without sudo" [ ! -e "$home/sudo" ]
    rm "$bin/apt-get"
    local manager words
    for words in "dnf:install -y pocl ocl-icd" "pacman:-S --needed --noconfirm pocl ocl-icd" "brew:install pocl"; do
        manager=${words%%:*}
        [ "$manager" = brew ] && program "$bin/id" 'echo 1000'
        program "$bin/$manager" "echo \"\$*\" >'$box/asked'"
        run bash "$script" install --opencl-cpu
        claim "with $manager" [ "$(cat "$box/asked")" = "${words#*:}" ]
        rm "$bin/$manager"
    done
    program "$bin/dnf" 'exit 1'
    run bash "$script" install --opencl-cpu
    claim "its failure is ours" [ "$code" -eq 1 ]
}

# --- the command line ------------------------------------------------------------------------------------------------

wrong_usage() {
    local words
    for words in "" "frobnicate" "--frobnicate" "check --all" "install --frobnicate" "install --backend" \
        "install --backend metal" "install --sha256 123" "install opencl"; do
        # shellcheck disable=SC2086 # words are to be split
        run bash "$script" $words
        claim "'$words' ends with 2" [ "$code" -eq 2 ]
        claim "'$words' gets one line" one_line "$err"
        claim "'$words' shows the usage" holds "$err" "usage: tornado-env.sh"
    done
}

help_is_there() {
    run bash "$script" help
    claim "succeeds" [ "$code" -eq 0 ]
    local word
    for word in "source tornado-env.sh" check install --backend --opencl-cpu --sha256 WATERSPOUT_TORNADOVM_RELEASES; do
        claim "tells of $word" holds "$out" "$word"
    done
}

linted() {
    environment=(env)
    run shellcheck "$script" "${BASH_SOURCE[0]}"
    claim "shellcheck finds nothing" [ "$code" -eq 0 ]
}

case_of "sourcing in bash" bash_sources
if [ -e "$tools/zsh" ]; then case_of "sourcing in zsh" zsh_sources; else skipped "sourcing in zsh" "no zsh here"; fi
case_of "sourcing keeps the caller's options" options_stay
case_of "sourcing keeps the caller's arguments" arguments_are_the_callers
case_of "sourcing without an SDK" no_sdk
case_of "sourcing without a JDK" no_jdk
if command -v dash >/dev/null; then
    case_of "sourcing in another shell" wrong_shell
else
    skipped "sourcing in another shell" "no dash here"
fi
case_of "sourcing with a stale TORNADOVM_HOME" stale_sdk_home
case_of "places of a JDK" jdk_places
case_of "choice of a JDK" jdk_choice
case_of "places of an SDK" sdk_places
case_of "argument file in an awkward directory" argfile_in_awkward_directory
case_of "argument file of a moved SDK" moved_sdk
case_of "check with nothing there" check_bare
case_of "check without an SDK" check_without_sdk
case_of "check with everything there" check_full
case_of "install" installs
case_of "install with --sha256" installs_with_sha256
case_of "install with the digest of the release" installs_with_digest
case_of "install refuses damaged archives" refuses_damage
case_of "install on a full disk" full_disk
# A process started deaf to a signal (by nohup, or in the background of a script) stays so, and all it starts: nothing to test then.
for signal in TERM INT HUP; do
    if { bash -c "kill -$signal \$\$"; } 2>/dev/null; then
        skipped "install interrupted by $signal" "these tests were started with $signal ignored"
    else
        case_of "install interrupted by $signal" "interrupted_by_$(printf '%s' "$signal" | tr '[:upper:]' '[:lower:]')"
    fi
done
case_of "install on other systems" other_systems
case_of "install of PoCL" installs_pocl
case_of "wrong usage" wrong_usage
case_of "help" help_is_there
if command -v shellcheck >/dev/null; then case_of "shellcheck" linted; else skipped "shellcheck" "not found"; fi

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
