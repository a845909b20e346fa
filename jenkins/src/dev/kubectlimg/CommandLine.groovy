package dev.kubectlimg

import com.cloudbees.groovy.cps.NonCPS

/** Turns the arguments of imgBuild into command lines and scripts for a POSIX shell. The functions call no pipeline steps. */
class CommandLine implements Serializable {

    private static final long serialVersionUID = 1

    /** The label with which a run finds its builder pods. */
    private static final String RUN_LABEL = 'kubectl-img.dev/run'

    private static final List<String> ARGUMENTS = [
        'image', 'tags', 'context', 'dockerfile', 'buildArgs', 'target', 'labels', 'namespace', 'profile', 'auth', 'cacheFrom',
        'timeout', 'extraArgs', 'retries', 'kubeconfig',
    ].asImmutable()

    /** Flags with a value that choose the cluster and the namespace. Their values may come from the environment, because none is a secret. */
    private static final List<String> PLACE_FLAGS = ['namespace', 'context', 'cluster', 'user', 'server', 'kubeconfig'].asImmutable()

    /** Flags with a value that choose the user. */
    private static final List<String> LOGIN_FLAGS = [
        'token', 'as', 'as-group', 'as-uid', 'certificate-authority', 'client-certificate', 'client-key', 'tls-server-name',
    ].asImmutable()

    /** The environment variables that choose the cluster and the namespace. The keys are the names of their flags. */
    @NonCPS
    static Map<String, String> variables() {
        return PLACE_FLAGS.collectEntries { name -> [(name): 'KUBECTL_IMG_' + name.toUpperCase(Locale.ROOT)] }
    }

    /** The arguments that imgBuild does not know. */
    @NonCPS
    static List<String> unknown(Map args) {
        return args.keySet().findAll { name -> !ARGUMENTS.contains(name.toString()) }.collect { name -> name.toString() }
    }

    /** The image without its tag. */
    @NonCPS
    static String repository(Map args) {
        String image = args.image
        int colon = image.indexOf(':', image.lastIndexOf('/') + 1)
        return colon < 0 ? image : image.substring(0, colon)
    }

    /** The words after kubectl. A flag and its value are one word, because a value may begin with a dash. */
    @NonCPS
    static List<String> build(Map args, Collection<String> fromEnvironment, String id, String scratch) {
        List<String> words = [
            'img', 'build', '--progress=steps', "--pod-label=${RUN_LABEL}=${id}".toString(), "--metadata-file=${scratch}/metadata.json".toString(),
        ]
        words.addAll(args.tags ? flag('tag', args.tags.collect { tag -> "${args.image}:${tag}" }) : flag('tag', args.image))
        words.addAll(flag('file', args.dockerfile))
        for (name in ['target', 'namespace', 'profile', 'auth', 'timeout']) {
            words.addAll(flag(name, args[name]))
        }
        words.addAll(flag('cache-from', args.cacheFrom))
        words.addAll(flag('build-arg', (args.buildArgs ?: [:]).collect { key, value -> fromEnvironment.contains(key) ? key : "${key}=${value}" }))
        words.addAll(flag('label', (args.labels ?: [:]).collect { key, value -> "${key}=${value}" }))
        words.addAll((args.extraArgs ?: []).collect { word -> word.toString() })
        return words + ['--', (args.context ?: '.').toString()]
    }

    /** The words that delete the run's pods, in the cluster and namespace of the build; empty with --keep. As in the build, the last flag wins. */
    @NonCPS
    static List<String> prune(Map args, Map<String, String> place, String id) {
        List<String> extra = (args.extraArgs ?: []).collect { word -> word.toString() }
        if (extra.contains('--keep')) {
            return []
        }
        List<String> words = ['img', 'prune', '--all', "--selector=${RUN_LABEL}=${id}".toString()]
        place.each { name, value -> words.addAll(flag(name, value)) }
        return words + flag('namespace', args.namespace) + placeAndLogin(extra)
    }

    /** A script that runs kubectl. The first word is a directory for the exit code, the log and the error line. */
    @NonCPS
    static String buildScript(List<String> words, String id) {
        return preamble(words, id) + '''\
            |scratch=$1
            |shift
            |(umask 077 && mkdir -p "$scratch")
            |# The log is printed and kept, because its error line becomes the message of the failed step. tee ignores an abort's signals, so
            |# that it writes what kubectl prints until its end.
            |{
            |  kubectl "$@" 2>&1
            |  echo $? >"$scratch/code"
            |} | (trap '' HUP INT TERM; exec tee "$scratch/log")
            |sed -n -e '/^error: /h' -e '/^hint: /H' -e '${x;p;}' "$scratch/log" >"$scratch/error"
            |exit "$(cat "$scratch/code" 2>/dev/null || echo 137)"
            |'''.stripMargin()
    }

    /** A script that removes the directory, its first word, and runs kubectl with the other words, if there are any. */
    @NonCPS
    static String pruneScript(List<String> words, String id) {
        return preamble(words, id) + '''\
            |rm -rf "$1"
            |shift
            |[ $# = 0 ] || exec kubectl "$@"
            |'''.stripMargin()
    }

    /** The words that choose the cluster, the namespace and the user. */
    @NonCPS
    private static List<String> placeAndLogin(List<String> words) {
        List<String> found = []
        for (int i = 0; i < words.size(); i++) {
            String word = words[i]
            boolean named = word.startsWith('--') && (PLACE_FLAGS + LOGIN_FLAGS).contains(word.substring(2).tokenize('=')[0])
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
     * Sets the shell's arguments to the words. Each word is a here document of its own, without any quoting, so that Jenkins recognizes and
     * masks secrets. The first line keeps Jenkins from printing the script's commands.
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
