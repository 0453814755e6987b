// Columns of text as kubectl aligns them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skiff::kube {

// A list that may grow: later rows are at least as wide as the earlier ones, so that what is printed while
// watching stays aligned. Columns are at least 6 wide and 3 apart.
class Table {
 public:
  explicit Table(std::vector<std::string> headers) : headers_(std::move(headers)) {}

  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  // The rows since the last call, one line each; the headings in front of the first ones if `headings`.
  std::string Take(bool headings);

 private:
  std::vector<std::string> headers_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<size_t> widths_;
  bool headings_shown_ = false;
};

// Cells that end with a tab are aligned with those of the same column in the lines around them, at least
// `padding` apart, as Go's text/tabwriter does: a line without such a cell ends the column.
std::string AlignTabs(std::string_view text, size_t padding);

// The first line of a cell's text, "..." behind it when there are more: kubectl's way to keep one row on one line.
std::string FirstLineOfCell(std::string text);

// Characters, not bytes.
size_t TextWidth(std::string_view text);

}  // namespace skiff::kube
