// volumeMounts[].subPath: a file or directory below a volume, whose content the containers control.
#pragma once

#include "common/result.h"
#include "pod/supervisor/plan.h"

namespace skiff::supervisor {

// Opens it without ever leaving the volume (symbolic links inside are followed, as a ConfigMap's files are such), creates
// missing directories with the volume's mode and binds what was opened to `target`.
common::Result<> BindSubPath(const SubPath& sub_path);

}  // namespace skiff::supervisor
