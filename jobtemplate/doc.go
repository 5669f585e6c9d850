// Package jobtemplate translates Prefect's words into a container job: a work pool's base job template, the job
// variables of deployment and flow run, references to blocks and variables, placeholders, environment and labels
// become one [aci.Job].
//
// Call [Render] for a flow run of a work pool, [FromBlock] for an azure-container-instance-job block, and
// [BaseJobTemplate] for the template of a new pool. The package is pure: it sends nothing and reads nothing; what a
// template refers to comes from the functions of [Lookups].
//
// It does what Prefect's own workers of 3.x and 2.20 do, chosen by the server's version, with these improvements:
//
//   - The order is run over deployment over pool over the settings that are handed on, for dotted keys (env.A) too.
//   - A reference that finds nothing is an error that names it; Prefect leaves nothing in its place, and so may run another
//     image. Only a variable of the template that nobody sets, and a field in name that the run does not have, are no mistake.
//   - env may be a reference, in every layer, and is merged with the others. A list or a text is refused.
//   - An empty value never overrides one that is not empty. To take something away, give null: it hides the value of
//     all layers below, and an environment variable that is null is not in the container at all.
//   - gpu_count and gpu_sku do something, and one without the other is refused; name names the container group; labels
//     become its tags (see [TagName]); keep_container_group is known to both kinds of pool.
//   - All environment values that are not known to be harmless are secret in Azure (see [aci.HarmlessEnv]).
//   - Prefect's defaults of 5 for task_watch_poll_interval and 240 for task_start_timeout_seconds stand for Pacific's own,
//     polling by age and 10 and 30 minutes to start, where they come from a template that Prefect made: see [Plan.Job].
//   - A gpu_count of 0 is none, whatever gpu_sku is. Labels for which Azure has no tags are left out with a warning.
//   - A command without a word is none.
//   - A pool's own arm_template becomes one container group without a deployment: see below.
//   - Values of the wrong kind are all reported at once, each with the name of its variable and without its text.
//   - Nothing of one run is ever left in the template of the next.
//
// # A pool's own ARM template
//
// An arm_template that says more than Prefect's default is filled in like the rest of the job configuration, evaluated, and
// becomes [aci.Job].Base. Its first container is the job. The name of the group is Pacific's, and reaches the template as
// the parameter container_group_name, if there is one; every other parameter needs a default. All else stays: other
// containers, init containers, volumes, ports, tags, zones, priority. Over it lie, as in Prefect,
//
//   - the command, with the entrypoint;
//   - the image, if a variable gives one; Prefect puts its default image over that of the template;
//   - the environment of the run: a name in it wins, the template's other names stay, which Prefect drops;
//   - image_registry, identities, subnet_ids and dns_servers, each in the place of all that the template has of it, if given;
//   - labels, as further tags.
//
// cpu and memory are what the template says, which is where the variables of these names are; gpu_count and gpu_sku count if
// given. What cannot be one container group that is sent as it is gets an error of the kind [ErrNotOneGroup], which names
// the resource: a second resource, a nested deployment, and what only a running deployment knows (reference and the list
// functions, in outputs too). The region of the resource group is not known here, so "[resourceGroup().location]" may
// only be the group's own location.
//
// Where Python's text of a value depends on the order of a map's keys, they are sorted here.
package jobtemplate
