#!/usr/bin/env bash
#
# tornado-env.sh: finds, checks or installs what Waterspout needs to reach a device through TornadoVM.
#
#   source tornado-env.sh            set JAVA_HOME, TORNADOVM_HOME and PATH in this shell (bash or zsh)
#   ./tornado-env.sh check           show what is there and how to get what is not
#   ./tornado-env.sh install ...     fetch the official TornadoVM SDK into the home directory
#   ./tornado-env.sh help            all of it
#
# The file has two halves. When it is sourced, only the short first half runs in the caller's shell: it starts this
# same file in a bash of its own and evaluates the few export lines which that prints. So the caller's options
# (set -e, set -u, zsh's own) are neither changed nor relied on, and no function stays behind.
# The second half needs nothing newer than bash 3.2, which is what macOS ships.

# --- first half: runs in whatever shell reads this file --------------------------------------------------------------

if [ -n "${ZSH_VERSION:-}" ]; then
    case "${ZSH_EVAL_CONTEXT:-}" in
        *file*) eval 'WATERSPOUT_ENV_SOURCE="${(%):-%x}"' ;; # in eval: bash could not even read this expansion
        *) exec bash "$0" "$@" ;;
    esac
elif [ -n "${BASH_VERSION:-}" ]; then
    WATERSPOUT_ENV_SOURCE=
    # shellcheck disable=SC2128 # without an index it is the first element; other shells can read this form
    [ "${BASH_SOURCE}" = "$0" ] || WATERSPOUT_ENV_SOURCE=${BASH_SOURCE}
else
    echo "tornado-env: this shell is neither bash nor zsh; run ./tornado-env.sh, or source it from one of those" >&2
    # shellcheck disable=SC2317 # exit is reached when the file is run, not sourced
    return 1 2>/dev/null || exit 1
fi

if [ -n "${WATERSPOUT_ENV_SOURCE}" ]; then
    # The assignment stands in a condition, so that set -e in the caller does not end its shell here.
    if WATERSPOUT_ENV_LINES=$(command bash "${WATERSPOUT_ENV_SOURCE}" exports); then
        eval "${WATERSPOUT_ENV_LINES}"
        unset WATERSPOUT_ENV_SOURCE WATERSPOUT_ENV_LINES
        return 0
    fi
    unset WATERSPOUT_ENV_SOURCE WATERSPOUT_ENV_LINES
    return 1
fi
unset WATERSPOUT_ENV_SOURCE

# --- second half: a bash script of its own ---------------------------------------------------------------------------

set -euo pipefail

readonly JDK_VERSION=25
readonly TORNADOVM_VERSION=5.2.0
readonly TORNADOVM_TAG="v${TORNADOVM_VERSION}-jdk${JDK_VERSION}"
readonly TORNADOVM_PROJECT=beehive-lab/TornadoVM
readonly OFFICIAL_RELEASES="https://github.com/${TORNADOVM_PROJECT}/releases/download"
readonly OFFICIAL_RELEASE_API="https://api.github.com/repos/${TORNADOVM_PROJECT}/releases/tags"

# Where releases come from: <base>/<tag>/<asset>. http(s) and file addresses.
readonly RELEASES="${WATERSPOUT_TORNADOVM_RELEASES:-$OFFICIAL_RELEASES}"
# Where GitHub states the digests of a release's assets: <base>/<tag>. Unset for releases from anywhere else.
if [ -z "${WATERSPOUT_TORNADOVM_RELEASES:-}" ]; then
    readonly RELEASE_API="${WATERSPOUT_TORNADOVM_RELEASE_API:-$OFFICIAL_RELEASE_API}"
else
    readonly RELEASE_API="${WATERSPOUT_TORNADOVM_RELEASE_API:-}"
fi
# Put before every system directory that is searched (/usr/lib/jvm, /opt, /etc/OpenCL, ...): for a chroot, or a test.
readonly SYSTEM_ROOT="${WATERSPOUT_SYSTEM_ROOT:-}"
readonly SDK_STORE="${HOME:?HOME is not set}/.waterspout"
readonly SELF="${BASH_SOURCE[0]}"

say() { printf 'tornado-env: %s\n' "$*" >&2; }

die() {
    say "$*"
    exit 1
}

usage_error() {
    say "$1 (usage: tornado-env.sh check | install [options] | exports | help)"
    exit 2
}

have() { command -v "$1" >/dev/null 2>&1; }

print_help() {
    cat <<HELP
Usage:
  source tornado-env.sh
      Find JDK ${JDK_VERSION} and the TornadoVM SDK and export JAVA_HOME, TORNADOVM_HOME and PATH. The SDK is optional:
      without one a line says so and the CPU path still works. Without JDK ${JDK_VERSION} it returns 1.
      Under set -e write  source tornado-env.sh || ...  to go on without a JDK.

  ./tornado-env.sh exports
      Print the same export lines, for other tools to evaluate.

  ./tornado-env.sh check
      Show JDK, Maven, SDK, OpenCL and GPU drivers, and for each thing missing the command that gets it.
      Exit code 0 when JDK and Maven are there; the rest is optional.

  ./tornado-env.sh install [--backend opencl|ptx|cuda] [--opencl-cpu] [--sha256 HEX] [--force]
      Fetch the official TornadoVM ${TORNADOVM_VERSION} SDK for JDK ${JDK_VERSION}, verify it, and unpack it to
      ~/.waterspout/tornadovm-${TORNADOVM_VERSION}-<backend>. An interrupted or damaged download leaves nothing behind.
        --backend B     opencl (default), ptx or cuda
        --opencl-cpu    also install PoCL, OpenCL on the CPU, with the system's package manager
        --sha256 HEX    the checksum the archive must have; otherwise <asset>.sha256 beside the archive is used,
                        or the digest which GitHub states for the release. Without any of them nothing is installed.
        --force         replace an SDK that is already installed

Searched, in this order:
  JDK   JAVA_HOME (${JDK_VERSION} or newer), /usr/lib/jvm, ~/.sdkman/candidates/java, /Library/Java/JavaVirtualMachines,
        Homebrew's openjdk@${JDK_VERSION}, ~/.jdks, java on PATH
  SDK   TORNADOVM_HOME, ~/.waterspout/tornadovm-*, ~/.sdkman/candidates/tornadovm, /opt/tornadovm*, TORNADO_SDK

Environment:
  WATERSPOUT_TORNADOVM_RELEASES     another place for the archives, <base>/<tag>/<asset>; also file:// addresses
                                    (default ${OFFICIAL_RELEASES})
  WATERSPOUT_TORNADOVM_RELEASE_API  another place for the digests, <base>/<tag> as GitHub's API answers it
  WATERSPOUT_SYSTEM_ROOT            a directory put before every system directory that is searched
HELP
}

# --- the JDK ---------------------------------------------------------------------------------------------------------

# Prints the version of the JDK in directory $1 ("25.0.3"), or fails when that is no JDK (javac is needed too).
jdk_version() {
    [ -n "$1" ] && [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 1
    local version=
    if [ -r "$1/release" ]; then
        version=$(sed -n 's/^JAVA_VERSION="\(.*\)".*/\1/p' "$1/release")
    fi
    if [ -z "$version" ]; then
        version=$("$1/bin/java" -version 2>&1 | sed -n 's/.*version "\([^"]*\)".*/\1/p' | head -n 1) || true
    fi
    [ -n "$version" ] && printf '%s\n' "$version"
}

# Prints the feature number of a JDK directory: 25 for 25.0.3, 8 for 1.8.0.
jdk_feature() {
    local version
    version=$(jdk_version "$1") || return 1
    version=${version#1.}
    version=${version%%[!0-9]*}
    [ -n "$version" ] && printf '%s\n' "$version"
}

# Prints the home of the JDK whose java comes first on PATH, if any.
jdk_on_path() {
    have java || return 1
    java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p' | head -n 1
}

# Prints the directory of the JDK to use, or fails.
find_jdk() {
    local candidate feature
    if feature=$(jdk_feature "${JAVA_HOME:-}") && [ "$feature" -ge "$JDK_VERSION" ]; then
        printf '%s\n' "$JAVA_HOME"
        return 0
    fi
    for candidate in \
        "$SYSTEM_ROOT"/usr/lib/jvm/*"$JDK_VERSION"* \
        "$HOME"/.sdkman/candidates/java/"$JDK_VERSION"* \
        "$SYSTEM_ROOT"/Library/Java/JavaVirtualMachines/*/Contents/Home \
        "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home \
        "$SYSTEM_ROOT"/opt/homebrew/opt/openjdk@"$JDK_VERSION"/libexec/openjdk.jdk/Contents/Home \
        "$SYSTEM_ROOT"/usr/local/opt/openjdk@"$JDK_VERSION"/libexec/openjdk.jdk/Contents/Home \
        "$HOME"/.jdks/* \
        "$HOME"/.jdks/*/Contents/Home; do
        if feature=$(jdk_feature "$candidate") && [ "$feature" -eq "$JDK_VERSION" ]; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    if candidate=$(jdk_on_path) && feature=$(jdk_feature "$candidate") && [ "$feature" -eq "$JDK_VERSION" ]; then
        printf '%s\n' "$candidate"
        return 0
    fi
    return 1
}

# --- the SDK ---------------------------------------------------------------------------------------------------------

# Prints the version of the SDK in directory $1 ("5.2.0-jdk25"), or fails when that is no SDK. The version is in the
# names of its jars; that is the one place every release has it.
sdk_version() {
    local jar
    [ -n "$1" ] || return 1
    for jar in "$1"/share/java/tornado/tornado-api-*.jar; do
        [ -f "$jar" ] || return 1
        jar=${jar##*/tornado-api-}
        printf '%s\n' "${jar%.jar}"
        return 0
    done
}

# Prints the backends of the SDK in directory $1: "opencl, ptx".
sdk_backends() {
    local backends=
    if [ -r "$1/etc/tornado.backend" ]; then
        backends=$(sed -n 's/^ *tornado\.backends *= *//p' "$1/etc/tornado.backend" | tr -d ' \r')
    fi
    backends=${backends//-backend/}
    printf '%s\n' "${backends//,/, }"
}

# Prints the SDK to use, or fails. What TORNADOVM_HOME names is taken as it is; one that is merely found must be for our
# JDK, because TornadoVM's compiler is tied to the JDK it was built for.
find_sdk() {
    local candidate version
    if sdk_version "${TORNADOVM_HOME:-}" >/dev/null; then
        printf '%s\n' "$TORNADOVM_HOME"
        return 0
    fi
    for candidate in \
        "$SDK_STORE/tornadovm-$TORNADOVM_VERSION"-* \
        "$SDK_STORE"/tornadovm-* \
        "$HOME"/.sdkman/candidates/tornadovm/current \
        "$HOME"/.sdkman/candidates/tornadovm/* \
        "$SYSTEM_ROOT"/opt/tornadovm* \
        "${TORNADO_SDK:-}"; do
        version=$(sdk_version "$candidate") || continue
        case "$version" in
            *"jdk$JDK_VERSION"*)
                printf '%s\n' "$candidate"
                return 0
                ;;
        esac
    done
    return 1
}

# Prints the argument file $1 (a template) with ${TORNADOVM_HOME} replaced by $2. Java splits such a file at blanks, so
# a word with the directory in it is quoted where the directory has characters that need it.
expand_argfile() {
    SDK_DIRECTORY=$2 awk '
        BEGIN {
            mark = "${TORNADOVM_HOME}"
            home = ENVIRON["SDK_DIRECTORY"]
            quote = ""
            if (home ~ /[^A-Za-z0-9_.\/+,@=-]/) {
                quote = "\""
                escaped = ""
                for (i = 1; i <= length(home); i++) {
                    c = substr(home, i, 1)
                    escaped = escaped ((c == "\\" || c == "\"") ? "\\" c : c)
                }
                home = escaped
            }
        }
        index($0, mark) == 0 { print; next }
        {
            line = ""
            for (i = 1; i <= NF; i++) {
                word = $i
                if (index(word, mark)) {
                    rest = word
                    word = ""
                    while ((at = index(rest, mark)) > 0) {
                        word = word substr(rest, 1, at - 1) home
                        rest = substr(rest, at + length(mark))
                    }
                    word = quote word rest quote
                }
                line = line (i > 1 ? " " : "") word
            }
            print line
        }' "$1"
}

# Tells whether the SDK in $1 has an argument file that was made for this directory.
argfile_fits() {
    [ -r "$1/tornado-argfile" ] || return 1
    [ -r "$1/tornado-argfile.template" ] || return 0
    expand_argfile "$1/tornado-argfile.template" "$1" | cmp -s - "$1/tornado-argfile"
}

# Makes the argument file of the SDK in $1 where it is missing or was made for another directory (release archives carry
# only a template; SDKMAN and moved directories leave it at that). Never fails: says what is wrong instead.
ensure_argfile() {
    argfile_fits "$1" && return 0
    local made="$1/.tornado-argfile.$$"
    if [ ! -r "$1/tornado-argfile.template" ]; then
        say "$1 has no tornado-argfile; run $1/bin/tornado --generate-argfile once"
    elif expand_argfile "$1/tornado-argfile.template" "$1" 2>/dev/null >"$made" && mv -f "$made" "$1/tornado-argfile"; then
        say "made $1/tornado-argfile from its template"
    else
        rm -f "$made" 2>/dev/null || true
        say "$1/tornado-argfile is missing or stale and cannot be written; run tornado --generate-argfile as its owner"
    fi
}

# --- exports ---------------------------------------------------------------------------------------------------------

# Prints PATH with the directories given put first, each once.
path_with() {
    local rest=":$PATH:" directory front=
    for directory in "$@"; do
        while [ "${rest#*":$directory:"}" != "$rest" ]; do
            rest="${rest%%":$directory:"*}:${rest#*":$directory:"}"
        done
        front="$front$directory:"
    done
    rest=${rest#:}
    rest=${rest%:}
    printf '%s\n' "${front}${rest}"
}

print_exports() {
    local jdk sdk path
    if ! jdk=$(find_jdk); then
        die "no JDK $JDK_VERSION found (JAVA_HOME=${JAVA_HOME:-unset}); get it with: $(jdk_command)"
    fi
    if sdk=$(find_sdk); then
        if [ -n "${TORNADOVM_HOME:-}" ] && [ "$sdk" != "$TORNADOVM_HOME" ]; then
            say "TORNADOVM_HOME=$TORNADOVM_HOME is no TornadoVM SDK; using $sdk"
        fi
        ensure_argfile "$sdk"
        case "$(sdk_version "$sdk")-on-$(jdk_feature "$jdk")" in
            *"jdk$JDK_VERSION"*"-on-$JDK_VERSION") ;;
            *) say "$sdk is SDK $(sdk_version "$sdk") and may not run on JDK $(jdk_version "$jdk"): both should be $JDK_VERSION" ;;
        esac
        path=$(path_with "$jdk/bin" "$sdk/bin")
    else
        say "no TornadoVM SDK found, so no devices (the CPU path works); get it with: $SELF install"
        path=$(path_with "$jdk/bin")
    fi
    printf 'export JAVA_HOME=%q\n' "$jdk"
    if [ -n "$sdk" ]; then
        printf 'export TORNADOVM_HOME=%q\n' "$sdk"
    else
        printf 'unset TORNADOVM_HOME\n' # what it named, if anything, is no SDK
    fi
    printf 'export PATH=%q\n' "$path"
}

# --- commands that get what is missing -------------------------------------------------------------------------------

# Prints the package manager of this system, or fails.
package_manager() {
    local manager
    for manager in apt-get dnf pacman brew; do
        if have "$manager"; then
            printf '%s\n' "$manager"
            return 0
        fi
    done
    return 1
}

as_root() {
    if [ "$(id -u)" -ne 0 ]; then printf 'sudo '; fi
}

jdk_command() {
    local elsewhere="https://adoptium.net/temurin/releases/?version=$JDK_VERSION"
    case "$(package_manager)" in
        apt-get)
            if apt-cache show "openjdk-$JDK_VERSION-jdk" >/dev/null 2>&1; then
                echo "$(as_root)apt-get install -y openjdk-$JDK_VERSION-jdk"
            else
                echo "$elsewhere"
            fi
            ;;
        dnf) echo "$(as_root)dnf install -y java-$JDK_VERSION-openjdk-devel" ;;
        brew) echo "brew install openjdk@$JDK_VERSION" ;;
        *) echo "$elsewhere" ;;
    esac
}

maven_command() {
    case "$(package_manager)" in
        apt-get) echo "$(as_root)apt-get install -y maven" ;;
        dnf) echo "$(as_root)dnf install -y maven" ;;
        pacman) echo "$(as_root)pacman -S --noconfirm maven" ;;
        brew) echo "brew install maven" ;;
        *) echo "sdk install maven (with SDKMAN, https://sdkman.io)" ;;
    esac
}

# Which one depends on the GPU, if there is any.
gpu_command() {
    case "$(package_manager)" in
        apt-get)
            echo "$(as_root)apt-get install -y intel-opencl-icd (Intel), mesa-opencl-icd (AMD) or nvidia-driver (NVIDIA)"
            ;;
        *) echo "the driver with OpenCL or CUDA from the GPU's maker, if there is a GPU" ;;
    esac
}

# The packages of PoCL and the OpenCL loader for package manager $1.
pocl_packages() {
    case "$1" in
        apt-get) echo "pocl-opencl-icd ocl-icd-libopencl1" ;;
        dnf) echo "pocl ocl-icd" ;;
        pacman) echo "pocl ocl-icd" ;;
        brew) echo "pocl" ;;
    esac
}

# --- check -----------------------------------------------------------------------------------------------------------

row() { printf '%-18s %-9s %s\n' "$1" "$2" "$3"; }

# Prints a row, and under it the command that gets the thing.
row_to_get() {
    row "$1" "$2" "$3"
    printf '%-18s %-9s   get it: %s\n' '' '' "$4"
}

# Runs a command that might hang on a broken driver, for a minute at most where the system has timeout.
within_a_minute() {
    if have timeout; then timeout 60 "$@"; else "$@"; fi
}

# Prints "backend: device" lines as TornadoVM itself sees them, for JDK $1 and SDK $2.
tornado_devices() {
    within_a_minute "$1/bin/java" "@$2/tornado-argfile" \
        -m tornado.drivers.common/uk.ac.manchester.tornado.drivers.TornadoDeviceQuery 2>/dev/null |
        awk '
            { gsub(/\033\[[0-9;]*m/, "") }
            /Tornado device=/ { expected = 1; next }
            expected && / -- / {
                expected = 0
                gsub(/^[ \t]+|[ \t]+$/, "")
                backend = substr($0, 1, index($0, " -- ") - 1)
                name = substr($0, index($0, " -- ") + 4)
                gsub(/^ +| +$/, "", backend)
                gsub(/^ +/, "", name)
                print backend ": " name
            }'
}

# Prints the path of the OpenCL loader, or fails.
opencl_loader() {
    local directory ldconfig found
    if [ "$(uname -s)" = Darwin ]; then
        found="$SYSTEM_ROOT/System/Library/Frameworks/OpenCL.framework"
        [ -d "$found" ] && printf '%s\n' "$found"
        return
    fi
    local directories=() IFS=:
    # shellcheck disable=SC2206 # split at the colons is what is wanted
    directories=(${LD_LIBRARY_PATH:-})
    unset IFS
    for directory in ${directories[@]+"${directories[@]}"} \
        "$SYSTEM_ROOT"/usr/lib "$SYSTEM_ROOT"/usr/lib64 "$SYSTEM_ROOT"/usr/lib/*-linux-gnu; do
        if [ -e "$directory/libOpenCL.so.1" ]; then
            printf '%s\n' "$directory/libOpenCL.so.1"
            return 0
        fi
    done
    [ -z "$SYSTEM_ROOT" ] || return 1
    for ldconfig in ldconfig /sbin/ldconfig; do
        found=$("$ldconfig" -p 2>/dev/null | sed -n 's/^.*libOpenCL\.so\.1 .*=> //p' | head -n 1) || true
        if [ -n "$found" ]; then
            printf '%s\n' "$found"
            return 0
        fi
    done
    return 1
}

# Prints the names of the OpenCL drivers the loader is told of: "nvidia, pocl".
opencl_drivers() {
    local file names=
    for file in "${OCL_ICD_VENDORS:-$SYSTEM_ROOT/etc/OpenCL/vendors}"/*.icd; do
        [ -e "$file" ] || continue
        file=${file##*/}
        names="$names${names:+, }${file%.icd}"
    done
    [ -n "$names" ] && printf '%s\n' "$names"
}

# Prints one line per GPU driver seen.
gpu_drivers() {
    local node vendor
    if have nvidia-smi; then
        nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>/dev/null | sed 's/^/NVIDIA: /; s/, / driver /' || true
    fi
    if [ -e "$SYSTEM_ROOT/dev/kfd" ]; then echo "AMD: compute driver (/dev/kfd)"; fi
    for node in "$SYSTEM_ROOT"/sys/class/drm/renderD*; do
        [ -r "$node/device/vendor" ] || continue
        vendor=$(cat "$node/device/vendor")
        case "$vendor" in
            0x10de) vendor=NVIDIA ;;
            0x1002) vendor=AMD ;;
            0x8086) vendor=Intel ;;
        esac
        echo "$vendor: /dev/dri/${node##*/}"
    done
    if [ "$(uname -s)-$(uname -m)" = Darwin-arm64 ]; then echo "Apple: built in"; fi
    return 0
}

check() {
    local jdk='' sdk='' found line complete=0 pocl

    row WHAT STATE DETAIL
    if jdk=$(find_jdk); then
        row "JDK $JDK_VERSION" ok "$(jdk_version "$jdk") in $jdk"
    else
        complete=1
        row_to_get "JDK $JDK_VERSION" missing "not found (JAVA_HOME=${JAVA_HOME:-unset})" "$(jdk_command)"
    fi

    found=$(JAVA_HOME=${jdk:-${JAVA_HOME:-}} mvn -B -v 2>/dev/null | sed -n 's/.*Apache Maven \([0-9][^ ]*\).*/\1/p') || true
    if [ -n "$found" ]; then
        row Maven ok "$found in $(command -v mvn)"
    elif have mvn; then
        complete=1
        row_to_get Maven missing "$(command -v mvn) does not run; it needs the JDK above" "$(maven_command)"
    else
        complete=1
        row_to_get Maven missing "no mvn on PATH" "$(maven_command)"
    fi

    if sdk=$(find_sdk); then
        row "TornadoVM SDK" ok "$(sdk_version "$sdk") in $sdk"
        found=$(sdk_backends "$sdk")
        row "SDK backends" ok "${found:-not stated by the SDK}"
        if argfile_fits "$sdk"; then
            row "SDK argument file" ok "$sdk/tornado-argfile"
        else
            row_to_get "SDK argument file" missing "$sdk/tornado-argfile is not there or for another directory" \
                "source $SELF"
        fi
    else
        row_to_get "TornadoVM SDK" optional "not found; the CPU path works without" "$SELF install"
    fi

    pocl="$SELF install --opencl-cpu"
    if found=$(opencl_loader); then
        row "OpenCL loader" ok "$found"
    else
        row_to_get "OpenCL loader" optional "no libOpenCL.so.1" "$pocl"
    fi
    if [ "$(uname -s)" != Darwin ]; then # Apple's OpenCL has no list of drivers
        if found=$(opencl_drivers); then
            row "OpenCL drivers" ok "$found"
        else
            row_to_get "OpenCL drivers" optional "none in ${OCL_ICD_VENDORS:-$SYSTEM_ROOT/etc/OpenCL/vendors}" "$pocl"
        fi
    fi

    found=
    if [ -n "$jdk" ] && [ -n "$sdk" ] && argfile_fits "$sdk"; then
        found=$(tornado_devices "$jdk" "$sdk" || true)
    elif have clinfo; then
        found=$(within_a_minute clinfo -l 2>/dev/null | sed -n 's/.*Device #[0-9]*: /clinfo: /p' || true)
    fi
    if [ -n "$found" ]; then
        while IFS= read -r line; do row Device ok "$line"; done <<<"$found"
    else
        row_to_get Device optional "none seen" "$pocl"
    fi

    found=$(gpu_drivers)
    if [ -n "$found" ]; then
        while IFS= read -r line; do row "GPU driver" ok "$line"; done <<<"$found"
    else
        row_to_get "GPU driver" optional "none seen" "$(gpu_command)"
    fi
    return "$complete"
}

# --- install ---------------------------------------------------------------------------------------------------------

# The system as the names of release archives spell it: linux-amd64, mac-aarch64, ...
platform() {
    local system machine
    case "$(uname -s)" in
        Linux) system=linux ;;
        Darwin) system=mac ;;
        *) return 1 ;;
    esac
    case "$(uname -m)" in
        x86_64 | amd64) machine=amd64 ;;
        aarch64 | arm64) machine=aarch64 ;;
        *) return 1 ;;
    esac
    printf '%s-%s\n' "$system" "$machine"
}

# Everything an install leaves behind until it is complete lives in this directory, beside where the SDK goes, so that
# the last step is one rename. It goes away however this script ends, short of a kill -9.
STAGE=
TARGET=
CHILD=

clean_up() {
    if [ -n "$CHILD" ]; then # it must have ended before what it writes to goes away
        kill "$CHILD" 2>/dev/null || true
        wait "$CHILD" 2>/dev/null || true
    fi
    if [ -e "$STAGE/replaced" ] && [ ! -e "$TARGET" ]; then mv "$STAGE/replaced" "$TARGET" || true; fi
    if [ -n "$STAGE" ]; then rm -rf "$STAGE"; fi
    CHILD=
    STAGE=
}

interrupted() {
    trap - INT TERM HUP
    clean_up
    say "interrupted; nothing was installed"
    exit "$1"
}

# Runs a long command in the background and waits, because bash handles a signal only between foreground commands.
wait_for() {
    local result=0
    "$@" &
    CHILD=$!
    wait "$CHILD" || result=$?
    CHILD=
    return "$result"
}

# Fetches address $1 into file $2, quietly when $3 is "quiet".
fetch() {
    local progress=--progress-bar
    if [ "${3:-}" = quiet ] || [ ! -t 2 ]; then progress=--silent; fi
    case "$1" in
        file://*) [ -e "${1#file://}" ] && wait_for cp "${1#file://}" "$2" ;;
        *)
            if have curl; then
                wait_for curl --fail --location --retry 3 --connect-timeout 30 --show-error "$progress" --output "$2" "$1"
            else
                wait_for wget --quiet --tries=4 --timeout=30 --output-document="$2" "$1"
            fi
            ;;
    esac
}

sha256_of() {
    if have sha256sum; then
        sha256sum "$1" | cut -d ' ' -f 1
    elif have shasum; then
        shasum -a 256 "$1" | cut -d ' ' -f 1
    else
        die "neither sha256sum nor shasum is here to verify the archive"
    fi
}

# Reads GitHub's answer about a release and prints the sha256 it states for asset $1. Each asset is an object in which
# "name" comes before "digest"; cut at commas and braces, the answer reads the same whether it is indented or not.
digest_in_release() {
    # shellcheck disable=SC2020 # each of three characters becomes a line's end
    tr ',{}' '\n\n\n' | sed 's/^[[:space:]]*//; s/"[[:space:]]*:[[:space:]]*"/":"/' | awk -v wanted="\"name\":\"$1\"" '
        /^"name":/ { inside = (index($0, wanted) == 1) }
        inside && /^"digest":"sha256:/ { sub(/^"digest":"sha256:/, ""); sub(/".*/, ""); print; exit }'
}

# Prints the checksum that asset $1 at address $2 must have, or fails. A checksum beside the archive, or GitHub's own
# digest, proves that the archive arrived as it was published; only --sha256 also proves who published it.
published_checksum() {
    local sum=
    if fetch "$2.sha256" "$STAGE/checksum" quiet 2>/dev/null; then
        sum=$(awk 'NR == 1 { print $1 }' "$STAGE/checksum")
    elif [ -n "$RELEASE_API" ] && fetch "$RELEASE_API/$TORNADOVM_TAG" "$STAGE/release.json" quiet 2>/dev/null; then
        sum=$(digest_in_release "$1" <"$STAGE/release.json")
    fi
    is_sha256 "$sum" && printf '%s\n' "$sum"
}

is_sha256() {
    [ "${#1}" -eq 64 ] || return 1
    case "$1" in *[!0-9A-Fa-f]*) return 1 ;; esac
}

lower_case() { printf '%s\n' "$1" | tr 'A-F' 'a-f'; }

install_sdk() {
    local backend=$1 expected=$2 force=$3
    local system asset address actual root sdk=
    TARGET="$SDK_STORE/tornadovm-$TORNADOVM_VERSION-$backend"
    if [ "$force" = no ] && sdk_version "$TARGET" >/dev/null; then
        ensure_argfile "$TARGET"
        echo "already installed: $TARGET (--force replaces it)"
        return 0
    fi

    system=$(platform) || die "no TornadoVM SDK is published for $(uname -s) on $(uname -m)"
    # The project publishes linux-amd64 with every backend and mac-aarch64 with opencl.
    if [ "$RELEASES" = "$OFFICIAL_RELEASES" ]; then
        case "$system-$backend" in
            linux-amd64-* | mac-aarch64-opencl) ;;
            *)
                die "no TornadoVM SDK with $backend is published for $system;" \
                    "build it from https://github.com/$TORNADOVM_PROJECT at $TORNADOVM_TAG"
                ;;
        esac
    fi
    asset="tornadovm-$TORNADOVM_VERSION-jdk$JDK_VERSION-$backend-$system.tar.gz"
    address="$RELEASES/$TORNADOVM_TAG/$asset"

    case "$address" in
        file://*) ;;
        *) have curl || have wget || die "neither curl nor wget is here to fetch $address" ;;
    esac

    trap clean_up EXIT
    trap 'interrupted 130' INT
    trap 'interrupted 143' TERM
    trap 'interrupted 129' HUP
    mkdir -p "$SDK_STORE" || die "cannot make $SDK_STORE"
    # What a killed install left more than a day ago.
    find "$SDK_STORE" -maxdepth 1 -name '.install.*' -mtime +1 -exec rm -rf {} + 2>/dev/null || true
    STAGE=$(mktemp -d "$SDK_STORE/.install.XXXXXX") || die "cannot write to $SDK_STORE"

    if [ -z "$expected" ]; then
        # Not in a subshell: a signal must find the child of this very shell.
        published_checksum "$asset" "$address" >"$STAGE/expected" ||
            die "no published checksum of $asset could be fetched from $RELEASES (no connection, or none there);" \
                "nothing was installed, --sha256 takes one"
        expected=$(cat "$STAGE/expected")
    fi
    expected=$(lower_case "$expected")

    echo "fetching $address"
    fetch "$address" "$STAGE/$asset" || die "cannot fetch $address; nothing was installed"
    actual=$(sha256_of "$STAGE/$asset")
    [ "$actual" = "$expected" ] || die "checksum of $asset is $actual, expected $expected; nothing was installed"

    mkdir "$STAGE/unpacked"
    # tar complains once per file; the first line tells enough.
    wait_for tar -xzf "$STAGE/$asset" -C "$STAGE/unpacked" 2> >(sed -n 1p >&2) ||
        die "cannot unpack $asset; nothing was installed"
    rm -f "$STAGE/$asset"
    for root in "$STAGE"/unpacked/*; do
        if sdk_version "$root" >/dev/null; then sdk=$root; fi
    done
    [ -r "$sdk/tornado-argfile.template" ] || die "$asset holds no TornadoVM SDK; nothing was installed"
    # The argument file names the place where the SDK will be, so that nothing is left to do after the rename.
    expand_argfile "$sdk/tornado-argfile.template" "$TARGET" >"$sdk/tornado-argfile" ||
        die "cannot write the SDK's argument file; nothing was installed"

    mv "$sdk" "$STAGE/sdk"
    if [ -e "$TARGET" ]; then mv "$TARGET" "$STAGE/replaced"; fi
    mv "$STAGE/sdk" "$TARGET" || die "cannot move the SDK to $TARGET"
    if [ -e "$TARGET/sdk" ]; then # another install got there between the two moves; both unpacked the same release
        rm -rf "$TARGET/sdk"
    fi
    clean_up
    trap - EXIT INT TERM HUP
    echo "installed: $TARGET"
    echo "next: source $SELF"
}

install_pocl() {
    local manager
    manager=$(package_manager) || die "no apt-get, dnf, pacman or brew here; install PoCL (http://portablecl.org) by hand"
    local run=() packages=()
    # shellcheck disable=SC2207 # package names hold no blanks
    packages=($(pocl_packages "$manager"))
    if [ "$manager" != brew ] && [ "$(id -u)" -ne 0 ]; then
        have sudo || die "not root and no sudo; as root run: $manager install ${packages[*]}"
        run=(sudo)
    fi
    case "$manager" in
        apt-get)
            ${run[@]+"${run[@]}"} apt-get update || say "apt-get update failed; trying with the lists at hand"
            run+=(apt-get install -y)
            ;;
        dnf) run+=(dnf install -y) ;;
        pacman) run+=(pacman -S --needed --noconfirm) ;;
        brew) run+=(brew install) ;;
    esac
    "${run[@]}" "${packages[@]}" || die "$manager could not install ${packages[*]}"
    echo "installed with $manager: ${packages[*]}"
    if [ "$(uname -s)" = Darwin ]; then
        echo "note: TornadoVM on macOS uses Apple's OpenCL, which may not list PoCL"
    fi
}

install() {
    local backend=opencl pocl=no sum='' force=no
    while [ $# -gt 0 ]; do
        case "$1" in
            --backend | --sha256)
                [ $# -ge 2 ] || usage_error "$1 needs a value"
                if [ "$1" = --backend ]; then backend=$2; else sum=$2; fi
                shift
                ;;
            --backend=*) backend=${1#*=} ;;
            --sha256=*) sum=${1#*=} ;;
            --opencl-cpu) pocl=yes ;;
            --force) force=yes ;;
            *) usage_error "unknown option for install: $1" ;;
        esac
        shift
    done
    case "$backend" in
        opencl | ptx | cuda) ;;
        *) usage_error "unknown backend: $backend, not opencl, ptx or cuda" ;;
    esac
    if [ -n "$sum" ] && ! is_sha256 "$sum"; then usage_error "not a sha256 of 64 hexadecimal digits: $sum"; fi
    install_sdk "$backend" "$sum" "$force"
    if [ "$pocl" = yes ]; then install_pocl; fi
}

# --- what was asked for ----------------------------------------------------------------------------------------------

[ $# -gt 0 ] || usage_error "no command given"
asked=$1
shift
case "$asked" in
    install) install "$@" ;;
    check | exports | help | -h | --help)
        [ $# -eq 0 ] || usage_error "unknown option for $asked: $1"
        case "$asked" in
            check) check ;;
            exports) print_exports ;;
            *) print_help ;;
        esac
        ;;
    -*) usage_error "unknown option: $asked" ;;
    *) usage_error "unknown command: $asked" ;;
esac
