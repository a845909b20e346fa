import groovy.transform.Field

import dev.kubectlimg.CommandLine

/** The exit code of kubectl img for a failure that can be over by the next time. */
@Field private static final int TEMPORARY = 75

/** Builds an image in a builder pod and pushes it. imgBuild.txt describes the arguments. */
Map call(Map args) {
    List<String> unknown = CommandLine.unknown(args)
    if (unknown || !args.image) {
        error(unknown ? "imgBuild: no such argument: ${unknown.join(', ')}" : 'imgBuild: the argument image is missing')
    }
    if (args.kubeconfig) {
        return withCredentials([file(credentialsId: args.kubeconfig, variable: 'KUBECONFIG')]) { build(args) }
    }
    return build(args)
}

/** Repeats a build that fails with exit code 75: the same build can succeed later. Other failures would only happen again. */
private Map build(Map args) {
    int retries = args.retries == null ? 2 : args.retries as int
    for (int attempt = 1; true; attempt++) {
        Map outcome = once(args)
        if (outcome.code == 0) {
            return result(args, outcome.metadata)
        }
        if (outcome.code != TEMPORARY || attempt > retries) {
            error(outcome.error ?: "imgBuild: kubectl img build ended with exit code ${outcome.code}")
        }
        echo("attempt ${attempt} of ${retries + 1} failed, the next one is in ${5 * attempt} seconds")
        sleep(time: 5 * attempt, unit: 'SECONDS')
    }
}

/** Runs the plugin once. A label with an ID on the pod makes it possible to delete the pod even if the plugin was killed. */
private Map once(Map args) {
    String id = UUID.randomUUID().toString()
    String scratch = "${pwd(tmp: true)}/img-build-${id}"
    List<String> words = [scratch] + CommandLine.build(args, environmentArguments(args), id, scratch)
    try {
        int code = sh(label: "kubectl img build ${args.image}", returnStatus: true, script: CommandLine.buildScript(words, id))
        if (code == 0) {
            return [code: code, metadata: readJSON(file: "${scratch}/metadata.json", returnPojo: true)]
        }
        return [code: code, error: readFile(file: "${scratch}/error", encoding: 'UTF-8').trim()]
    } finally {
        List<String> pruneWords = [scratch] + CommandLine.prune(args, place(), id)
        // If the agent is gone, this fails too. The build must then end with the first error.
        catchError(message: 'clean up after kubectl img build', buildResult: 'SUCCESS', stageResult: 'SUCCESS', catchInterruptions: false) {
            sh(label: 'clean up', script: CommandLine.pruneScript(pruneWords, id))
        }
    }
}

/** The cluster and the namespace that environment variables choose. The keys are the names of flags. */
private Map<String, String> place() {
    Map<String, String> found = [:]
    Map<String, String> variables = CommandLine.variables()
    List<String> names = new ArrayList<String>(variables.keySet())
    for (int i = 0; i < names.size(); i++) {
        String value = env."${variables[names[i]]}"
        if (value) {
            found[names[i]] = value
        }
    }
    return found
}

/** The build arguments whose value is in the environment. It stays out of scripts and command lines. */
private List<String> environmentArguments(Map args) {
    List<String> names = []
    List<String> keys = new ArrayList<String>((args.buildArgs ?: [:]).keySet())
    for (int i = 0; i < keys.size(); i++) {
        Object value = args.buildArgs[keys[i]]
        if (value == null || value.toString() == env."${keys[i]}") {
            names.add(keys[i])
        }
    }
    return names
}

/** The step's result. */
private Map result(Map args, Map metadata) {
    String repository = CommandLine.repository(args)
    String digest = metadata['containerimage.digest']
    return [
        digest: digest,
        image: repository,
        reference: digest ? "${repository}@${digest}".toString() : null,
        metadata: metadata,
    ]
}
