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
// # The rooms beneath
//
// A request comes to api's router, which takes the records' one lock and calls a room with routes. All others that have to
// do with records want that lock too. After each room stand those that it imports, but for api and db, which nearly all
// do; they are always further down.
//
//	services       what time makes due, before requests and by a timer: orchestration, scheduler, concurrency, pools, notice
//	runs           routes of flows, deployments and runs: orchestration, scheduler, concurrency, hydrate, pools, filter, notice, view, schedule, schema
//	work           routes of pools, queues and workers: pools, filter, notice, view, schema
//	blocks         routes of block types, schemas and documents: concurrency
//	flowdata       routes of variables, artifacts, flow runs' inputs and task workers: filter, notice, view
//	events         routes and websockets of events and logs
//	scheduler      makes runs of schedules ahead of their time: orchestration, schedule
//	orchestration  decides what becomes of a proposed state, with its routes: concurrency, hydrate, notice, schema
//	concurrency    limits, slots and leases, with their routes: notice, view
//	pools          what goes on in pools, such as polls and the order of queues: notice
//	filter         criteria of lists
//	notice         words the events of what happens to records: view
//	view           how records look on the wire
//	hydrate        parameters that stand for JSON, templates or variables: jinja
//	db             records, what finds them, one lock; hooks for who publishes, who wakes, who defers and who knows blocks
//	schedule       the times of a schedule
//	schema         parameters and job variables against JSON schemas
//	jinja          templates, with the routes that check them
//	api            router, sign-in, strict reading of bodies, refusals, pages
//	apitest        calls rooms in tests
package prefectemulator
