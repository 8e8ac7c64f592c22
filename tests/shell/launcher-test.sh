#!/usr/bin/env bash
#
# Tests of the launcher, ./waterspout. Each case gives it a source tree of its own, in a folder whose name has a blank, with
# imitations of tornado-env.sh, Maven and Java: nothing is compiled, no model is run. Prints one line per case; exits 1 when a
# case failed.
#
#   tests/shell/launcher-test.sh [WORDS]     runs the cases whose name holds WORDS, or all

set -u
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
only="${1:-}"
work=$(mktemp -d "${TMPDIR:-/tmp}/launcher test.XXXXXX")
work=$(cd "$work" && pwd -P)
trap 'rm -rf "$work"' EXIT

passed=0
failed=0

# --- imitations ------------------------------------------------------------------------------------------------------

# A program $1 that runs the script text $2.
program() {
    mkdir -p "$(dirname "$1")"
    printf '#!/usr/bin/env bash\n%s\n' "$2" >"$1"
    chmod +x "$1"
}

# A tree with one module, never built, and a Java that writes down the words it was given, one a line, and ends with the number in
# $box/java-code.
fresh() {
    box=$(mktemp -d "$work/box.XXXXXX")
    tree="$box/the tree"
    mkdir -p "$tree/serve/src/main" "$tree/tests/shell" "$box/elsewhere"
    cp "$repository/waterspout" "$tree/waterspout"
    touch -t 202501010000 "$tree/waterspout"
    printf '<project/>\n' >"$tree/pom.xml"
    cp "$tree/pom.xml" "$tree/serve/pom.xml"
    echo 'class A { }' >"$tree/serve/src/main/A.java"
    touch -t 202501010000 "$tree/pom.xml" "$tree/serve/pom.xml" "$tree/serve/src/main/A.java" "$tree/serve/src/main" "$tree/serve/src"
    program "$tree/tornado-env.sh" "[ \"\$*\" = exports ] || exit 9
printf 'export JAVA_HOME=%q\n' '$box/jdk'
[ ! -e '$box/sdk' ] || printf 'export TORNADOVM_HOME=%q\n' '$box/sdk'"
    program "$box/jdk/bin/java" "printf '%s\n' \"\$@\" >>'$box/java-words'
echo \"preloaded: \${LD_PRELOAD-}\" >'$box/preloaded'
case \" \$* \" in *' -XX:AOTCacheOutput='*) exit 0 ;; esac
echo 'the answer'
exit \$(cat '$box/java-code' 2>/dev/null || echo 0)"
    program "$box/bin/mvn" "echo \"\$*\" >>'$box/mvn-words'
echo '[INFO] Building host 1.2.3-SNAPSHOT                      [4/7]'
if [ -e '$box/broken' ]; then echo '[ERROR] A.java:[1,1] it is broken'; exit 1; fi
mkdir -p serve/target/lib && touch serve/target/serve.jar"
    launcher="$tree/waterspout"
}

# --- running ---------------------------------------------------------------------------------------------------------

# Runs the launcher from another folder; leaves its result in $code, $out and $err, and what Java was given in $words.
run() {
    : >"$box/java-words"
    (cd "$box/elsewhere" && env -u TORNADOVM_HOME -u WATERSPOUT_JAVA_OPTS -u WATERSPOUT_DEVICE_MEMORY_GB PATH="$box/bin:$PATH" \
        "${environment[@]:-A=}" "$launcher" "$@") >"$box/out" 2>"$box/err" </dev/null
    code=$?
    out=$(cat "$box/out")
    err=$(cat "$box/err")
    words=$(cat "$box/java-words")
    preloaded=$(cat "$box/preloaded" 2>/dev/null || true)
}

builds() { wc -l <"$box/mvn-words" 2>/dev/null | tr -d ' ' || echo 0; }

# Each claim prints what it saw when it does not hold; the case then fails.
claim() {
    local what=$1
    shift
    "$@" && return 0
    printf '    not so: %s\n    code %s\n    out: %s\n    err: %s\n    java: %s\n' "$what" "$code" "$out" "$err" "$words"
    claims_failed=1
}

holds() { case "$1" in *"$2"*) return 0 ;; esac; return 1; }
lacks() { ! holds "$1" "$2"; }

case_of() {
    local name=$1
    [ -z "$only" ] || holds "$name" "$only" || return 0
    claims_failed=0
    environment=()
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

# --- cases -----------------------------------------------------------------------------------------------------------

builds_once() {
    run run "It is"
    claim "succeeds" [ "$code" -eq 0 ]
    claim "the answer alone is on standard output" [ "$out" = "the answer" ]
    claim "says that it builds" holds "$err" "building"
    claim "and how far it is" holds "$err" "4/7 host"
    claim "built" [ "$(builds)" -eq 1 ]
    run run "It is"
    claim "once" [ "$(builds)" -eq 1 ]
    claim "then says nothing" [ -z "$err" ]
}

# Everything is as old as at first, and built after that.
all_old() {
    find "$tree" -path "$tree/serve/target" -prune -o -exec touch -t 202501010000 {} +
    touch -t 202502010000 "$tree/serve/target/built"
}

builds_again() {
    local changed before
    run list
    for changed in serve/src/main/A.java serve/pom.xml pom.xml; do
        all_old
        before=$(builds)
        run list
        claim "an older $changed is no reason to build" [ "$(builds)" -eq "$before" ]
        touch "$tree/$changed"
        run list
        claim "a newer $changed is" [ "$(builds)" -eq $((before + 1)) ]
    done
    all_old
    before=$(builds)
    rm "$tree/serve/src/main/A.java"
    run list
    claim "a source that is gone is a reason to build" [ "$(builds)" -eq $((before + 1)) ]
}

failed_build() {
    touch "$box/broken"
    run run "It is"
    claim "ends with 1" [ "$code" -eq 1 ]
    claim "shows the error" holds "$err" "A.java:[1,1] it is broken"
    claim "says where all of it is" holds "$err" "serve/target/build.log"
    claim "starts no Java" [ -z "$words" ]
    rm "$box/broken"
    run run "It is"
    claim "tries again" [ "$code" -eq 0 ]
}

without_maven() {
    rm "$box/bin/mvn"
    local tool
    for tool in bash env dirname readlink mktemp cat rm find mkdir touch grep tail head awk; do
        ln -s "$(command -v "$tool")" "$box/bin/$tool"
    done
    environment=(PATH="$box/bin")
    run run "It is"
    claim "ends with 6" [ "$code" -eq 6 ]
    claim "says what is missing" holds "$err" "Maven was not found"
}

without_a_jdk() {
    program "$tree/tornado-env.sh" 'echo "tornado-env.sh: no JDK 25 was found" >&2; exit 1'
    run run "It is"
    claim "ends with 6" [ "$code" -eq 6 ]
    claim "says what is missing" holds "$err" "no JDK 25"
}

exit_codes_and_words() {
    run list
    local expected
    for expected in 2 5 9; do
        echo "$expected" >"$box/java-code"
        run dance --with "two words" '' '*'
        claim "Java's exit code is the launcher's" [ "$code" -eq "$expected" ]
    done
    claim "every word arrives as it is" holds "$words" "org.waterspout.cli.Main
dance
--with
two words

*"
    run
    claim "no word is a command line too" [ "$(tail -n 1 <<<"$words")" = org.waterspout.cli.Main ]
}

through_symlinks() {
    run list
    ln -s "$tree/waterspout" "$box/elsewhere/link"
    ln -s link "$box/elsewhere/link to a link"
    launcher="$box/elsewhere/link to a link"
    run list
    claim "finds its tree" [ "$code" -eq 0 ]
    claim "which is built" [ "$(builds)" -eq 1 ]
    claim "class path with a blank" holds "$words" "$tree/serve/target/serve.jar:$tree/serve/target/lib/*"
    mkdir "$box/path"
    ln -s "$tree/waterspout" "$box/path/waterspout"
    environment=(PATH="$box/path:$box/bin:$PATH")
    launcher=waterspout
    run list
    claim "on the PATH" [ "$code" -eq 0 ]
}

sdk_where_needed() {
    mkdir "$box/sdk"
    touch "$box/sdk/tornado-argfile"
    run list
    local given
    for given in "devices" "devices --json" "run --backend tornado text" "run -b tornado text" "run --backend=tornado text" \
        "run -b=tornado text" "run -btornado text" "bench -m x -b tornado"; do
        # shellcheck disable=SC2086 # words are to be split
        run $given
        claim "'$given' runs on the SDK" holds "$words" "@$box/sdk/tornado-argfile"
        claim "'$given' never falls back in silence" holds "$words" "-Dtornado.recover.bailout=False"
        claim "'$given' chooses no collector" lacks "$words" "-XX:+UseSerialGC"
    done
    for given in "list" "run text" "run tornado" "run devices" "run --backend cpu tornado" "run --backend emulator text" "inspect -m tornado"; do
        # shellcheck disable=SC2086
        run $given
        claim "'$given' runs without it" lacks "$words" tornado-argfile
        claim "'$given' has the start-up flags" holds "$words" "-XX:+UseSerialGC"
    done
    rm -r "$box/sdk"
    run run --backend tornado text
    claim "without an SDK Java is to say so" lacks "$words" tornado-argfile
    claim "so it is started" holds "$words" org.waterspout.cli.Main
}

signal_handlers() {
    local plain library
    mkdir "$box/sdk"
    touch "$box/sdk/tornado-argfile"
    run devices
    claim "without the JDK's library nothing is preloaded" [ "$preloaded" = "preloaded: " ]
    # a path without a blank, as the loader wants it
    plain=$(mktemp -d "${TMPDIR:-/tmp}/launcher-jdk.XXXXXX")
    library=$plain/jdk/lib/libjsig.so
    mkdir -p "$plain/jdk/lib" "$box/jdk/lib"
    touch "$library" "$box/jdk/lib/libjsig.so"
    if [ "$(uname -s)" = Linux ]; then
        run devices
        claim "a JDK in a path with a blank is remarked on" holds "$err" "a path with a blank"
        claim "and not preloaded" lacks "$preloaded" libjsig
        ln -s "$box/jdk/bin" "$plain/jdk/bin"
        program "$tree/tornado-env.sh" "printf 'export JAVA_HOME=%q TORNADOVM_HOME=%q\n' '$plain/jdk' '$box/sdk'"
        run devices
        claim "the JVM's handlers stay in front" holds "$preloaded" "preloaded: $library"
        environment=(LD_PRELOAD="$plain/other.so")
        run devices
        claim "beside what was preloaded" holds "$preloaded" "preloaded: $library:$plain/other.so"
        environment=()
        run list
        claim "only where the SDK is used" lacks "$preloaded" libjsig
    fi
    rm -r "$plain"
}

device_memory() {
    mkdir "$box/sdk"
    touch "$box/sdk/tornado-argfile"
    run list
    run devices
    claim "of this machine by itself" grep -Eq '^-Dtornado.device.memory=[1-9][0-9]*GB$' <<<"$words"
    environment=(WATERSPOUT_DEVICE_MEMORY_GB=7)
    run devices
    claim "or as asked" holds "$words" "-Dtornado.device.memory=7GB"
    claim "host copies too" holds "$words" "-XX:MaxDirectMemorySize=7g"
    environment=(WATERSPOUT_DEVICE_MEMORY_GB=lots)
    run devices
    claim "nonsense is refused" [ "$code" -eq 2 ]
    claim "by name" holds "$err" WATERSPOUT_DEVICE_MEMORY_GB
    claim "starts no Java" [ -z "$words" ]
}

more_flags() {
    run list
    environment=(WATERSPOUT_JAVA_OPTS="-Xmx7g -Dmine=1")
    run list
    claim "each is a word" holds "$words" "-Xmx7g
-Dmine=1
-cp"
}

linted() {
    code=0 out='' words=''
    err=$(shellcheck "$repository/waterspout" "$repository/tests/shell/launcher-test.sh" 2>&1) || code=1
    out=$err
    claim "shellcheck finds nothing" [ "$code" -eq 0 ]
}

case_of "builds once" builds_once
case_of "builds again when a source is newer" builds_again
case_of "a build that fails" failed_build
case_of "without Maven" without_maven
case_of "without a JDK" without_a_jdk
case_of "exit codes and words" exit_codes_and_words
case_of "through symbolic links" through_symlinks
case_of "the SDK where it is needed" sdk_where_needed
case_of "signal handlers" signal_handlers
case_of "memory of devices" device_memory
case_of "more flags for Java" more_flags
if command -v shellcheck >/dev/null; then
    case_of "shellcheck" linted
elif [ -z "$only" ]; then
    printf 'skipped shellcheck: not found\n'
fi

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
