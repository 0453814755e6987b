// Lists as podman prints them: a table, a template per row, or JSON.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/json.h"
#include "common/result.h"

namespace skiff::cli {

struct TableStyle {
  std::string format;  // "table {{.ID}}\t{{.Names}}" or a template without "table"
  std::map<std::string, std::string> headers =
      {};  // of fields whose heading is not the field's name in capitals
  bool headings = true;
};

// One line per row (an array of objects). Columns are separated by tabs in the format.
common::Result<std::string> RenderRows(const common::JsonValue& rows, const TableStyle& style);

// Cells to columns: at least 12 wide, two spaces between, as Go's tabwriter with podman's settings.
std::string AlignColumns(const std::vector<std::vector<std::string>>& lines);

}  // namespace skiff::cli
