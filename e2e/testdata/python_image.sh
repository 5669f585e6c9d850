# Makes the image $1 of this machine's own Python and of the packages of the environment $2, without any registry, in the
# empty folder where it is started. What is in the folder $3 comes on top.
set -e
mkdir -p root/usr/bin root/site root/tmp root/etc root/root root/var/tmp
python=$(readlink -f "$2/bin/python")
stdlib=$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["stdlib"])')
site=$("$2/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
cp "$python" root/usr/bin/python3
mkdir -p "root$(dirname "$stdlib")"
cp -a "$stdlib" "root$(dirname "$stdlib")/"
cp -a "$site/." root/site/
rm -rf root/site/uv root/site/uv-* root/site/prefect/server/ui*
cp -a "$3/." root/
# The libraries that these link to, under the names by which the loader looks for them.
find root -name '*.so*' -type f | xargs ldd root/usr/bin/python3 2>/dev/null | grep -o '/[^ )]*' | grep -v ':$' | sort -u | while read -r library; do
	case $library in "$PWD"/*) continue ;; esac
	[ -f "$library" ] || continue
	mkdir -p "root$(dirname "$library")"
	cp -L "$library" "root$library"
done
old=$(docker images --quiet "$1")
tar -C root --numeric-owner -c . | docker import -c 'WORKDIR /opt/prefect' -c 'ENV PYTHONPATH=/site PYTHONDONTWRITEBYTECODE=1 PATH=/usr/bin:/bin' - "$1" >/dev/null
# The image of an earlier run has lost its name to this one.
[ -z "$old" ] || docker rmi "$old" >/dev/null 2>&1 || true
