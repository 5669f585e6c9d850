// Package aci runs container jobs on Azure Container Instances (ACI).
//
// Make a [Client] with [NewClient], describe the container as a [Job], and call [Client.Run]. It creates a container
// group, waits for its end, copies its output to Job.Output as it comes, deletes the group, and says in a [Result] what
// happened. Every field of a Job has a useful zero value; Command alone is enough.
//
//	result, err := client.Run(ctx, aci.Job{Image: "alpine:3", Command: []string{"echo", "hello"}, Output: os.Stdout})
//
// The other methods of Client do the steps one by one (Create, Wait, Watch, Logs, Delete) and manage what is there (List, Kill,
// Reap). Package jobfile reads a job from a file; [Preview] shows what would be sent.
//
// Three things are worth knowing before the first job:
//
//   - The command replaces the image's entrypoint, and no shell sees it. A job that seems to expect one gets a [Warning].
//   - The values of environment variables go to Azure as secrets, unless their names are harmless; see [HarmlessEnv].
//   - A job's end is the end of its main container and nothing else. [ProvisioningState], [GroupState] and [RunState] say
//     what ACI's states mean and which of them can be relied on.
//
// All facts about a job live in Azure, in the tags of its container group. A program that dies loses none of its jobs:
// another one can go on watching them with [Client.Wait].
package aci
