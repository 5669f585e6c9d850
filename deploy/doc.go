// Package deploy makes deployments of flows: it reads what a flow is called and takes, sends its code to Azure Blob Storage,
// and registers both with Prefect. No Python is needed, and nothing of the code is run.
//
// For a Python flow call [ReadFlow] and [ReadTree], put both into a [Deployment] with a [Storage], and make a [Plan] of it
// with [NewPlan]. A plan says what would be done; [Plan.Apply] does it. For a Go flow there is nothing to send: its code is
// the program in the image, and name and schema are those of its flow.Definition.
//
// # Where the code is
//
// Code goes to a folder that is named by its content, below FLOW/DEPLOYMENT in the storage. Unchanged code is not sent
// again, and changed code never reaches a run that is loading the code from before. Of one deployment two folders are
// kept, the one in use and the one before; a small record beside them says what is in which.
//
// # How runs get it
//
// Runs of a work pool, and all runs on Prefect 3, get the code by a pull step of prefect-azure. Runs of agents on Prefect 2
// get it by the storage block itself, as Prefect's own Deployment.build_from_flow arranges it. Secrets stay in blocks:
// a pull step only names them.
package deploy
