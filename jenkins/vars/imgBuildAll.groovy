/** Builds images in parallel: imgBuildAll(app: [image: …], web: [image: …], failFast: true). Returns a map of their results. */
Map call(Map builds) {
    Map results = [:]
    Map branches = [failFast: builds.failFast ?: false]
    List<String> names = new ArrayList<String>(builds.keySet())
    for (int i = 0; i < names.size(); i++) {
        String name = names[i]
        if (name != 'failFast') {
            Map args = builds[name]
            branches[name] = { results[name] = imgBuild(args) }
        }
    }
    parallel(branches)
    return results
}

/** Does the same for a list. The keys of the result are the images. */
Map call(List<Map> builds) {
    Map named = [:]
    for (int i = 0; i < builds.size(); i++) {
        named[builds[i].image.toString()] = builds[i]
    }
    return call(named)
}
