// Package aci runs container jobs on Azure Container Instances (ACI).
//
// Make a [Client] with [NewClient], describe the container as a [Job], and call [Client.Run]: it creates a container
// group, waits for its end, copies its output to Job.Output as it comes, cleans up, and says in a [Result] what
// happened. The zero value of every field of a Job means what you would expect; Command alone is enough.
//
//	result, err := client.Run(ctx, aci.Job{Image: "alpine:3", Command: []string{"echo", "hello"}, Output: os.Stdout})
//
// The rest of Client does the steps one by one (Create, Wait, Logs, Delete) and looks after what is there (List, Kill,
// Reap). Package jobfile reads a job from a file, [Preview] shows what would be sent.
//
// Three things are worth knowing before the first job:
//
//   - The command replaces the image's entrypoint, and no shell sees it. A job that seems to expect one gets a [Warning].
//   - The values of environment variables go to Azure as secrets, unless their names are harmless; see [HarmlessEnv].
//   - A job's end is the end of its main container and nothing else. What ACI's states mean, and which may be relied
//     on, is told at [ProvisioningState], [GroupState] and [RunState].
//
// All facts about a job live in Azure, in the tags of its container group: a program that dies loses none of its jobs,
// and another one may watch them further.
package aci
