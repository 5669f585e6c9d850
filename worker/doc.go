// Package worker runs the flow runs of a Prefect work pool as container groups.
//
// Make a [Worker] with [New] and call [Worker.Run]. It polls the pool, proposes Pending for each run that is due, creates a
// container group for those that the server lets it have, watches them to their end and deletes them.
//
// What makes it safe to kill a worker at any moment:
//
//   - The server decides who starts a run, by the transition to Pending.
//   - The name of a container group follows from the run's id and the attempt, and is on the server as the infrastructure's
//     id before Azure is asked for the group. A PUT is sent only after a GET said that there is no such group.
//   - The group's tags hold the run, the pool, the attempt and the worker. A worker that starts adopts the groups of its
//     pool whose worker is gone, which is so when Prefect has had no heartbeat of it for three intervals.
//   - Reports can be repeated and deletes accept that the group is gone, so two workers that watch one group do no harm.
package worker
