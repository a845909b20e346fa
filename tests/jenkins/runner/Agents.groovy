import groovy.json.JsonOutput
import groovy.json.JsonSlurperClassic

/** Where a pipeline runs: on this machine, or in a pod whose containers share the workspace, as with the Kubernetes plugin. */
class Agents {

    private static final String WORKSPACE = '/home/jenkins/agent/workspace'

    String namespace
    private String manifest
    private final List<String> pods = []

    // Blocks of declarative pipelines run at once.

    void pipeline(Closure body) {
        try {
            body()
        } finally {
            pods.each { pod -> kubectl(['delete', 'pod', pod, '--grace-period=1', '--wait=false']) }
        }
    }

    void agent(Object any) {
        assert any == 'any'
    }

    void agent(Closure body) {
        body()
        Context here = Context.current()
        here.prefix = within(create(), 'jnlp')
        here.dir = WORKSPACE + '/job'
    }

    void kubernetes(Closure body) {
        body()
    }

    void yaml(Object text) {
        manifest = text
    }

    Object container(String name, Closure body) {
        Captured.check(body)
        return Context.within([prefix: within(pods.last(), name)], body)
    }

    private List<String> within(String pod, String container) {
        return ['kubectl', 'exec', '-i', '-n', namespace, pod, '-c', container, '--']
    }

    /** Creates the pod of the manifest. Each container gets the workspace, and there is one more container, which in Jenkins talks to the controller. */
    private String create() {
        Map pod = new JsonSlurperClassic().parseText(kubectl(['create', '--dry-run=client', '-o', 'json', '-f', '-'], manifest))
        String name = 'agent-' + UUID.randomUUID().toString().substring(0, 8)
        pod.metadata = [name: name, namespace: namespace]
        pod.spec.containers << [name: 'jnlp', image: pod.spec.containers[0].image, command: ['sleep', 'infinity']]
        pod.spec.containers.each { c -> c.volumeMounts = (c.volumeMounts ?: []) + [name: 'workspace-volume', mountPath: '/home/jenkins/agent'] }
        pod.spec.volumes = (pod.spec.volumes ?: []) + [name: 'workspace-volume', emptyDir: [:]]
        kubectl(['create', '-f', '-'], JsonOutput.toJson(pod))
        pods << name
        kubectl(['wait', '--for=condition=Ready', '--timeout=90s', "pod/${name}".toString()])
        return name
    }

    private String kubectl(List<String> words, String stdin = '') {
        return new String(Shell.read(new Context(), ['kubectl', '-n', namespace] + words, stdin.getBytes('UTF-8')), 'UTF-8')
    }

}
