// Names for containers that were given none.
#pragma once

#include <string>

namespace skiff::cli {

std::string InventName();  // "calm_heron"

}  // namespace skiff::cli
