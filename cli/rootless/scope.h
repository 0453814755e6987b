// Control groups for a user: those of his systemd.
#pragma once

#include "common/result.h"
#include "common/system_paths.h"

namespace skiff::cli {

// Where the control group that we are in is not the user's (a login's, for example) but he has a systemd of his own, this program is
// started again in a scope of that one (`systemd-run --user --scope`), and this does not return. Elsewhere nothing happens: a
// command that needs a group says so itself. Before the user namespace is entered.
common::Result<> EnterUserScope(const common::SystemPaths& paths);

}  // namespace skiff::cli
