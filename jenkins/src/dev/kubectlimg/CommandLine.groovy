package dev.kubectlimg

import com.cloudbees.groovy.cps.NonCPS

/** What imgBuild is asked for, as words of a command line and as scripts for a POSIX shell. Pure functions, none of which calls a step. */
class CommandLine implements Serializable {

    private static final long serialVersionUID = 1

    /** The label by which a run finds its builder pods. */
    private static final String RUN = 'kubectl-img.dev/run'

    private static final List<String> KNOWN = [
        'image', 'tags', 'context', 'dockerfile', 'buildArgs', 'target', 'labels', 'namespace', 'profile', 'auth', 'cacheFrom',
        'timeout', 'extraArgs', 'retries', 'kubeconfig',
    ].asImmutable()

    /** Flags that say which cluster and namespace, and have a value; the first ones may come from the environment: no secret, for they become words. */
    private static final List<String> WHERE = ['namespace', 'context', 'cluster', 'user', 'server', 'kubeconfig'].asImmutable()
    private static final List<String> WHO = [
        'token', 'as', 'as-group', 'as-uid', 'certificate-authority', 'client-certificate', 'client-key', 'tls-server-name',
    ].asImmutable()

    /** The variables of the environment that say where a build runs, by the flags that they stand for. */
    @NonCPS
    static Map<String, String> variables() {
        return WHERE.collectEntries { name -> [(name): 'KUBECTL_IMG_' + name.toUpperCase(Locale.ROOT)] }
    }

    /** Arguments that nobody would look at. */
    @NonCPS
    static List<String> unknown(Map args) {
        return args.keySet().findAll { name -> !KNOWN.contains(name.toString()) }.collect { name -> name.toString() }
    }

    /** The image without a tag. */
    @NonCPS
    static String repository(Map args) {
        String image = args.image
        int colon = image.indexOf(':', image.lastIndexOf('/') + 1)
        return colon < 0 ? image : image.substring(0, colon)
    }

    /** The words after kubectl. One word for a flag and its value, so that a value with a leading dash is no flag. */
    @NonCPS
    static List<String> build(Map args, Collection<String> inEnvironment, String id, String scratch) {
        List<String> words = ['img', 'build', '--progress=steps', "--pod-label=${RUN}=${id}".toString(), "--metadata-file=${scratch}/metadata.json".toString()]
        words.addAll(args.tags ? flag('tag', args.tags.collect { tag -> "${args.image}:${tag}" }) : flag('tag', args.image))
        words.addAll(flag('file', args.dockerfile))
        for (name in ['target', 'namespace', 'profile', 'auth', 'timeout']) {
            words.addAll(flag(name, args[name]))
        }
        words.addAll(flag('cache-from', args.cacheFrom))
        words.addAll(flag('build-arg', (args.buildArgs ?: [:]).collect { key, value -> inEnvironment.contains(key) ? key : "${key}=${value}" }))
        words.addAll(flag('label', (args.labels ?: [:]).collect { key, value -> "${key}=${value}" }))
        words.addAll((args.extraArgs ?: []).collect { word -> word.toString() })
        return words + ['--', (args.context ?: '.').toString()]
    }

    /** Deletes what a run has left, where it ran; of a run with --keep only the files. A later word counts more, as it did for the build. */
    @NonCPS
    static List<String> prune(Map args, Map<String, String> where, String id) {
        List<String> extra = (args.extraArgs ?: []).collect { word -> word.toString() }
        if (extra.contains('--keep')) {
            return []
        }
        List<String> words = ['img', 'prune', '--all', "--selector=${RUN}=${id}".toString()]
        where.each { name, value -> words.addAll(flag(name, value)) }
        return words + flag('namespace', args.namespace) + connection(extra)
    }

    /** A script that runs kubectl with words, the first of which is a directory for what it finds out. */
    @NonCPS
    static String buildScript(List<String> words, String id) {
        return preamble(words, id) + '''\
            |scratch=$1
            |shift
            |(umask 077 && mkdir -p "$scratch")
            |# Shown and kept: the error line is the message of the step that fails. tee outlives an abort as long as kubectl has something to say.
            |{
            |  kubectl "$@" 2>&1
            |  echo $? >"$scratch/code"
            |} | (trap '' HUP INT TERM; exec tee "$scratch/log")
            |sed -n -e '/^error: /h' -e '/^hint: /H' -e '${x;p;}' "$scratch/log" >"$scratch/error"
            |exit "$(cat "$scratch/code" 2>/dev/null || echo 137)"
            |'''.stripMargin()
    }

    /** A script that removes the directory and runs kubectl with the other words, if there are any. */
    @NonCPS
    static String pruneScript(List<String> words, String id) {
        return preamble(words, id) + '''\
            |rm -rf "$1"
            |shift
            |[ $# = 0 ] || exec kubectl "$@"
            |'''.stripMargin()
    }

    /** Those of the words that choose the cluster and the namespace. */
    @NonCPS
    private static List<String> connection(List<String> words) {
        List<String> found = []
        for (int i = 0; i < words.size(); i++) {
            String word = words[i]
            boolean named = word.startsWith('--') && (WHERE + WHO).contains(word.substring(2).tokenize('=')[0])
            if (named || word.startsWith('-n') || word.startsWith('-s') || word.startsWith('--insecure-skip-tls-verify')) {
                found.add(word)
            }
            if ((named && !word.contains('=') || word == '-n' || word == '-s') && i + 1 < words.size()) {
                found.add(words[++i])
            }
        }
        return found
    }

    /**
     * Sets the shell's arguments to words. Each of them stands in a here document as it is: nothing needs quoting, so nothing can be
     * quoted wrong, and a secret among them is still the text that Jenkins masks. The first line keeps Jenkins from tracing the script.
     */
    @NonCPS
    private static String preamble(List<String> words, String id) {
        return '#!/bin/sh\nset --\n' + words.collect { word ->
            "{ word=\$(cat); } <<'${id}'\n${word}.\n${id}\nset -- \"\$@\" \"\${word%.}\"\n"
        }.join('')
    }

    @NonCPS
    private static List<String> flag(String name, Object value) {
        List values = value instanceof Collection ? value as List : [value]
        return values.findAll { each -> each != null }.collect { each -> "--${name}=${each}".toString() }
    }

}
