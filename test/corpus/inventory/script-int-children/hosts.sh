#!/bin/sh
echo '{"web": {"children": {"10": {}, "9": {}}}, "9": {"hosts": ["m9"]}, "10": ["m10"], "_meta": {"hostvars": {"m9": {"80": 1}}}}'
