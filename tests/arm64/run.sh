#!/bin/sh
# Runs the tests of ownership in an emulated arm64 machine with Debian and its kernel. It needs root, takes some minutes, and downloads 100 MB into
# CACHE (default /var/cache/kubectl-img).
set -eu
cd "$(dirname "$0")/../.."
cache=${CACHE:-/var/cache/kubectl-img}/arm64
module=images/builder/ownership
missing=""
for pair in qemu-system-aarch64:qemu-system-arm mke2fs:e2fsprogs debootstrap:debootstrap depmod:kmod cpio:cpio xz:xz-utils; do
	command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
done
# shellcheck disable=SC2086 # one argument each
[ -z "$missing" ] || apt-get install -qq -y --no-install-recommends $missing
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# arm get|cache COMMAND...: apt-get or apt-cache for arm64, with the sources of this machine.
arm() {
	program=apt-$1
	shift
	"$program" -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State::status=/dev/null -o Dir::State::lists="$cache/lists" -o Dir::Cache="$cache/apt" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

if [ ! -d "$cache/root" ]; then
	mkdir -p "$cache"
	rm -rf "$cache/root.new"
	debootstrap --foreign --arch=arm64 --variant=minbase bookworm "$cache/root.new" >"$cache/log" 2>&1
	mv "$cache/root.new" "$cache/root"
fi
if [ ! -d "$cache/kernel" ]; then
	mkdir -p "$cache/lists/partial" "$cache/apt/archives/partial"
	arm get -qq update
	kernel=$(arm cache pkgnames linux-image- | grep -x 'linux-image-[0-9.]*[-+].*cloud-arm64' | sort -V | tail -n 1)
	(cd "$cache" && arm get -qq download "$kernel" busybox-static)
	rm -rf "$cache/kernel.new"
	for package in "$cache"/*.deb; do dpkg-deb -x "$package" "$cache/kernel.new"; done
	mv "$cache/kernel.new" "$cache/kernel"
fi

# The disk has Debian, the tests and the programs that they run.
mkdir -p "$work/disk/test"
cp -a "$cache/root/." "$work/disk/"
for dir in proc sys dev; do # after only the first stage of debootstrap, they are links to those of this machine
	rm -rf "${work:?}/disk/$dir"
	mkdir "$work/disk/$dir"
done
(cd $module && GOARCH=arm64 CGO_ENABLED=0 go build -o "$work/disk/test/ownership" . && GOARCH=arm64 CGO_ENABLED=0 go test -c -o "$work/disk/test/ownership.test" .)
cp -R $module/testdata "$work/disk/test/"
cat >"$work/disk/test/init" <<'END'
#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin OWNERSHIP=/test/ownership
mount -t proc proc /proc && mount -t sysfs sys /sys && mount -t tmpfs run /run
cd /test && uname -rm
mkdir -m 777 /check
setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs unshare -U -r -m ./ownership --check /check && ./ownership.test -test.timeout 30m && echo "all is well"
echo o >/proc/sysrq-trigger
sleep 60
END
chmod 755 "$work/disk/test/init"
mke2fs -q -t ext4 -d "$work/disk" "$work/disk.img" 2G

# The initramfs has what the kernel needs to mount the disk.
mkdir -p "$work/first/bin" "$work/first/dev" "$work/first/disk" "$work/first/lib"
cp "$cache"/kernel/bin/busybox "$work/first/bin/"
cp -R "$cache"/kernel/lib/modules "$work/first/lib/"
find "$work/first/lib" -name '*.ko.xz' -exec xz -d {} +
release=$(ls "$work/first/lib/modules")
find "$work/first/lib" -name '*.ko' | grep -v -E '/(virtio[a-z_]*|ext4|jbd2|mbcache|overlay|crc[0-9a-z_]*)\.ko$' | xargs rm -f
depmod -b "$work/first" "$release"
cat >"$work/first/init" <<'END'
#!/bin/busybox sh
for module in virtio_pci virtio_blk ext4 overlay; do /bin/busybox modprobe $module; done
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t ext4 /dev/vda /disk && /bin/busybox mount --move /dev /disk/dev
exec /bin/busybox switch_root /disk /test/init
END
chmod 755 "$work/first/init"
(cd "$work/first" && find . | cpio -o -H newc --quiet) >"$work/initramfs"

timeout 45m qemu-system-aarch64 -machine virt -cpu max,pauth-impdef=on -smp 2 -m 2G -nographic -no-reboot -nic none \
	-kernel "$cache"/kernel/boot/vmlinuz-* -initrd "$work/initramfs" -append "quiet panic=-1" \
	-drive file="$work/disk.img",format=raw,if=virtio </dev/null | tee "$work/log"
grep -q "^all is well" "$work/log"
