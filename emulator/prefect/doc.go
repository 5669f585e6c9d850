// Package prefectemulator is a Prefect API in memory, for demos and tests: flows, deployments, runs with the orchestration rules
// of a real server, work pools, blocks, logs and events, as far as Pacific uses them. It answers as a self-hosted server
// of 3.x does. It is not a server to run a company on: nothing is kept when it ends, and there is no user interface.
//
// Call [NewServer] and give a client [Server.Transport]; all of it works inside testing/synctest. A [Server] is also an
// http.Handler for a listener; [Start] makes one on loopback.
//
//	api, err := prefectemulator.NewServer(prefectemulator.Options{})
//	defer api.Close()
//	client, err := prefect.NewClient(prefect.Options{URL: prefectemulator.URL, Transport: api.Transport()})
//
// All of it is in memory and some of it grows until [Server.Close]: finished runs with their states, their task runs and
// their logs stay until somebody deletes them, and results that task runs have cached stay for good. Bounded are events
// and the logs that name no flow run, at 20,000 each. That is enough for a demo, or for a test that makes some thousands
// of runs.
//
// # Who needs which routes
//
//   - Pacific's own client, and any client of work pools: flows, deployments, flow_runs, task_runs, flow_run_states, logs,
//     events, work_pools, work_queues, block_types, block_schemas, block_documents, v2/concurrency_limits, health, ready
//     and admin/version.
//   - A flow in Python, besides: concurrency_limits by tag, variables, artifacts, the input of a flow run that waits for a
//     person, csrf-token, and the websockets of logs and events.
//   - A task that runs in the background: task_workers, and the websocket on which it waits for runs.
//   - Prefect's command line: collections, block_capabilities, and of automations what `prefect deploy` and the deletion of
//     a deployment ask. templates/validate checks a template before it is stored.
//   - A CI that reports on runs: flow_runs/history, and the logs of one run as CSV from flow_runs/{id}/logs/download.
//   - A runner that serves deployments itself: deployments/get_scheduled_flow_runs. An agent of 2.20: work_queues.
//   - Nobody whom this API is for needs the rest of automations, saved_searches, ui and most of admin. They
//     answer 501 and say that they are left out.
//
// # The rooms beneath
//
// A request comes to api's router, which takes the records' one lock and calls a room with routes. All others that have to
// do with records want that lock too. After each room stand those that it imports, but for api and db, which nearly all
// do; they are always further down.
//
//	runs           routes of flows, deployments and runs: orchestration, concurrency, work, filter, view, schedule, parameters
//	blocks         routes of block types, schemas and documents: concurrency
//	flowdata       routes of variables, artifacts, flow runs' inputs and task workers: filter, view
//	events         routes and websockets of events and logs
//	orchestration  decides what becomes of a proposed state, with its routes; does what time makes due, the runs of schedules among it: work, concurrency, view, schedule, parameters
//	work           routes of pools, queues and workers, and what goes on in pools: filter, view, parameters
//	concurrency    limits, slots and leases, with their routes: view
//	filter         criteria of lists
//	view           how records look on the wire, in replies and in events
//	parameters     parameters and job variables, filled in and held against JSON schemas: jinja
//	db             records, what finds them, one lock; hooks for who publishes, who wakes, who defers and who knows blocks
//	schedule       the times of a schedule
//	jinja          templates, with the routes that check them
//	api            router, sign-in, strict reading of bodies, refusals, pages
//	apitest        calls rooms in tests
package prefectemulator
