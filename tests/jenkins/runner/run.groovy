// groovy -cp RUNNER run.groovy PIPELINE < SETTINGS: runs a pipeline with the shared library, like Jenkins, and writes its console log to stdout.
// SETTINGS is JSON: library, workspace, scm, namespace, env, credentials, signal, abort. The file abort ends the run when it appears.
import groovy.json.JsonSlurperClassic
import org.codehaus.groovy.control.CompilerConfiguration

settings = new JsonSlurperClassic().parseText(System.in.text)
steps = new Steps(credentials: settings.credentials ?: [:], signal: settings.signal ?: 'KILL', scm: settings.scm)
agents = new Agents(namespace: settings.namespace)

names = { type -> type.declaredMethods.findAll { m -> !m.synthetic && !m.name.contains('$') && (m.modifiers & 1) }*.name as Set }
stepNames = names(Steps) - ['start', 'getProperty', 'setProperty', 'invokeMethod', 'getMetaClass', 'setMetaClass']

globals = new Binding()
stepNames.each { name -> globals.setVariable(name, steps.&"${name}") }
names(Agents).each { name -> globals.setVariable(name, agents.&"${name}") }
globals.setVariable('steps', { body -> body() })
['stages', 'script'].each { name -> globals.setVariable(name, { body -> body() }) }
globals.setVariable('any', 'any')
globals.setVariable('scm', settings.scm)
globals.setVariable('currentBuild', steps.currentBuild)
globals.setVariable('env', new Expando() {
    @Override
    Object getProperty(String name) {
        return Context.current().env[name] ?: System.getenv(name)
    }
})

shell = new GroovyShell(this.class.classLoader, globals,
    new CompilerConfiguration().addCompilationCustomizers(new CpsRules(stepNames)))
shell.classLoader.addClasspath("${settings.library}/src")
new File(settings.library, 'vars').listFiles().findAll { f -> f.name.endsWith('.groovy') }.each { f ->
    Script step = shell.parse(f)
    globals.setVariable(f.name - '.groovy', { Object... args -> step.call(*args) })
}
pipeline = shell.parse(new File(args[0]))

abort = new Stop()
Thread.startDaemon {
    while (settings.abort && abort.at == Long.MAX_VALUE) {
        Thread.sleep(50)
        if (new File(settings.abort).exists()) {
            abort.at = System.currentTimeMillis()
        }
    }
}
code = Context.within([dir: settings.workspace, env: settings.env ?: [:], stops: [abort]]) {
    steps.start {
        try {
            pipeline.run()
            println("Finished: ${steps.currentBuild.result ?: 'SUCCESS'}")
            return steps.currentBuild.result == 'FAILURE' ? 1 : 0
        } catch (FlowInterruptedException e) {
            println('Finished: ABORTED')
            return 130
        } catch (Exception e) {
            steps.echo("ERROR: ${e.message}")
            println('Finished: FAILURE')
            return 1
        }
    }
}
System.exit(code)
