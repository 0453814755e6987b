// The fields that skiff knows and what it does with them, as documentation.
#pragma once

#include <string>

namespace skiff::kube {

// Markdown: one table per struct (field, type, default, support), derived from the tables that loading uses.
std::string SupportTable();

}  // namespace skiff::kube
