// Package containers is Microsoft.ContainerInstance of the emulated Azure:
// container groups with their true lifecycle, instance views, events, logs,
// attach, exec, usages and quotas. Containers themselves run on an engine.Engine;
// nothing here knows which.
//
// Start with [Register]: it adds the operations to the core and returns the
// [Service], whose [Service.ServeHTTP] answers the websockets of attach and exec,
// whose [Service.Happen] is the control API's events, and whose [Service.Close]
// ends every group and waits for it.
//
// How a group is run: each incarnation of a group (a creation, a start after a
// stop, a restart) is one goroutine, [group.live], which alone drives the
// containers; a group with more than one container has one more goroutine for each
// further container. Everything that a request reads or writes is guarded by
// group.mu, which is never held while waiting. To end an incarnation cancel its
// context with a cause (see cause) and wait for its done channel.
package containers
