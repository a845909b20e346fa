#!/bin/sh
# actions.sh verify|update [FILE...]: checks or sets the commits of the GitHub actions that workflows use. An action is a line
#
#   uses: OWNER/REPOSITORY[/PATH]@COMMIT # TAG
#
# verify asks GitHub for the commit of each tag and fails if a line has another one. update writes the commit. To change the version of an
# action, edit its tag and run update. Needs a network. FILE defaults to every workflow.
set -eu
cd "$(dirname "$0")/.."
github=${GITHUB_URL:-https://github.com}
mode=${1:?usage: actions.sh verify|update [FILE...]}
shift
[ $# != 0 ] || set -- .github/workflows/*.yml

# commit REPOSITORY TAG: prints the commit of a tag. An annotated tag has a second line, which ends in ^{}, for its commit.
commit() {
	git ls-remote "$github/$1" "refs/tags/$2" "refs/tags/$2^{}" | sort -k 2 | tail -n 1 | cut -f 1
}

status=0
for file; do
	actions=$(sed -n 's/^ *- *uses: *\([^@ ]*\)@\([^ ]*\) # \(v[^ ]*\)$/\1 \2 \3/p; s/^ *uses: *\([^@ ]*\)@\([^ ]*\) # \(v[^ ]*\)$/\1 \2 \3/p' "$file" | sort -u)
	while read -r action pinned tag; do
		[ -n "$action" ] || continue
		repository=$(echo "$action" | cut -d / -f 1,2)
		found=$(commit "$repository" "$tag")
		if [ -z "$found" ]; then
			echo "error: $file: $repository has no tag $tag" >&2
			status=1
		elif [ "$mode" = update ]; then
			sed -i "s|uses: $action@.* # $tag\$|uses: $action@$found # $tag|" "$file"
		elif [ "$found" != "$pinned" ]; then
			echo "error: $file: $action@$pinned is not $tag, which is $found" >&2
			status=1
		fi
	done <<-END
		$actions
	END
done
exit $status
