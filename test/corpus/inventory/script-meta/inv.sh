#!/bin/sh
cat <<EOF
{"_meta": {"hostvars": {"h1": {"a": 1.0}, "zz": {"b": 2}}}, "web": {"hosts": ["h1", "h2"], "vars": {"v": true}, "children": ["sub"]}, "sub": ["h3"], "single": {"x": 1}}
EOF
