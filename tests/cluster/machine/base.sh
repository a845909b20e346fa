#!/bin/sh
# base.sh SUITE ARCH FILES OUT PACKAGE: makes the disk, the kernel and the initramfs of a virtual machine in OUT: a Debian of SUITE with systemd, its
# kernel, the tree FILES, and one more package, if PACKAGE is not empty.
set -eu
suite=$1 arch=$2 files=$3 out=$4 package=$5
root=$out/root
first=$out/first

sh "$(dirname "$0")/unpack.sh" "$suite" "$arch" "$root" \
	"systemd,systemd-sysv,dbus,apparmor,busybox-static,containernetworking-plugins,iproute2,kmod,mount,procps,udev,util-linux,linux-image-cloud-$arch${package:+,$package}"
# What the packages' scripts would have done.
cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
echo messagebus:x:100:101::/nonexistent:/usr/sbin/nologin >>"$root/etc/passwd"
echo messagebus:x:101: >>"$root/etc/group"
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
[ -e "$root/usr/bin/awk" ] || ln -s mawk "$root/usr/bin/awk"
cp -R "$files/." "$root/"
units=$root/etc/systemd/system
mkdir -p "$units/multi-user.target.wants"
for unit in containerd crio kubelet; do
	ln -s "../$unit.service" "$units/multi-user.target.wants/"
done
# Nobody needs these, and an emulated processor takes long for them.
for unit in ldconfig.service systemd-hwdb-update.service systemd-journal-catalog-update.service systemd-firstboot.service systemd-logind.service \
	systemd-update-done.service systemd-tmpfiles-clean.timer getty.target; do
	ln -s /dev/null "$units/$unit"
done
mkdir -p "$root/node" "$root/var/lib/kubelet"
release=$(ls "$root/usr/lib/modules")
depmod -b "$root/usr" "$release" 2>/dev/null || depmod -b "$root" "$release"
mv "$root"/boot/vmlinuz-* "$out/kernel"
rm -f "$root"/boot/*

# The initramfs has what the kernel needs to mount the disk.
mkdir -p "$first/bin" "$first/dev" "$first/disk" "$first/lib/modules/$release"
cp "$root/bin/busybox" "$first/bin/"
cp "$root"/usr/lib/modules/"$release"/modules.* "$first/lib/modules/$release/"
(cd "$root/usr" && find "lib/modules/$release" -name '*.ko*' | grep -E '/(virtio[a-z_]*|ext4|jbd2|mbcache|crc[0-9a-z_]*)\.ko(\.xz)?$' | cpio -o -H newc --quiet) |
	(cd "$first" && cpio -i -d --quiet)
find "$first/lib" -name '*.ko.xz' -exec xz -d {} +
depmod -b "$first" "$release" 2>/dev/null
cat >"$first/init" <<'END'
#!/bin/busybox sh
for module in virtio_pci virtio_blk ext4; do /bin/busybox modprobe $module; done
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t ext4 /dev/vda /disk && /bin/busybox mount --move /dev /disk/dev
exec /bin/busybox switch_root /disk /usr/lib/systemd/systemd
END
chmod 755 "$first/init"
(cd "$first" && find . | cpio -o -H newc --quiet) >"$out/initramfs"

mke2fs -q -t ext4 -d "$root" "$out/disk" 3G
rm -rf "$root" "$first"
