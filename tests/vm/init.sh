#!/bin/sh
# The guest's first process: modules, then the host's own files, read only, under a layer that is thrown away.
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /modules/*.ko; do
    case $module in
    *snd-aloop*) insmod "$module" pcm_substreams=2 ;;
    *) insmod "$module" ;;
    esac || echo "$module could not be loaded"
done
mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,cache=loose,ro host /host
mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,cache=none exchange /exchange
mount -t tmpfs -o size=2g tmpfs /over
mkdir /over/upper /over/work /over/root
mount -t overlay -o lowerdir=/host,upperdir=/over/upper,workdir=/over/work overlay /over/root
for folder in proc sys dev; do mount --bind /$folder /over/root/$folder; done
mkdir -p /over/root/dev/shm /over/root/exchange
mount -t tmpfs shm /over/root/dev/shm
mount --bind /exchange /over/root/exchange
ip link set lo up
echo "guest: $(uname -r), up $(cut -d' ' -f1 /proc/uptime) s"
chroot /over/root /bin/sh /exchange/run.sh
echo "guest: done"
poweroff -f
