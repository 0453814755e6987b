// Without root: the way into the user's own namespaces (common/user_namespace.h).
#pragma once

#include "common/result.h"

namespace skiff::cli {

// Nothing for root. For another user: makes his namespaces if nobody keeps them, and enters them: from then on this process is
// root in there. Before any thread is started. Warns of what will not work: too few ids, no way out of the network.
common::Result<> EnterUserNamespace();

}  // namespace skiff::cli
