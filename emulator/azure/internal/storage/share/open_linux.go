package share

import (
	"encoding/binary"
	"syscall"
)

// openToAll gives what is made in a folder, at any depth, to every user, as the mount of a share in Azure does
// (dir_mode=0777, file_mode=0777). Without it, what a container's root makes could not be removed by the emulator's own
// user. A file system without access control lists stays as it is.
func openToAll(folder string) {
	// The attribute is version 2 of Linux' format: entries of a tag, a permission and an id, which these three have none of.
	const version, all, noID = 2, 7, 0xffffffff
	const owner, group, others = 0x01, 0x04, 0x20
	list := binary.LittleEndian.AppendUint32(nil, version)
	for _, tag := range []uint16{owner, group, others} {
		list = binary.LittleEndian.AppendUint16(list, tag)
		list = binary.LittleEndian.AppendUint16(list, all)
		list = binary.LittleEndian.AppendUint32(list, noID)
	}
	_ = syscall.Setxattr(folder, "system.posix_acl_default", list, 0)
}
