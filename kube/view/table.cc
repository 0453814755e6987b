#include "kube/view/table.h"

#include <algorithm>

namespace skiff::kube {
namespace {

constexpr size_t kPadding = 3;
constexpr size_t kLeastWidth = 6;

std::vector<std::vector<std::string>> SplitCells(std::string_view text) {
  std::vector<std::vector<std::string>> lines(1);
  lines.back().emplace_back();
  for (const char c : text) {
    if (c == '\t')
      lines.back().emplace_back();
    else if (c == '\n')
      lines.emplace_back(1);
    else
      lines.back().back() += c;
  }
  return lines;
}

class Aligner {
 public:
  Aligner(std::vector<std::vector<std::string>> lines, size_t padding)
      : lines_(std::move(lines)), padding_(padding) {}

  std::string Run() {
    Format(0, lines_.size());
    out_.pop_back();  // the line behind the last newline is none
    return std::move(out_);
  }

 private:
  bool HasColumn(size_t line, size_t column) const { return column + 1 < lines_[line].size(); }

  // Lines [first, last) have their first widths_.size() columns in common.
  void Format(size_t first, size_t last) {
    const size_t column = widths_.size();
    for (size_t line = first; line < last;) {
      if (!HasColumn(line, column)) {
        Write(line++);
        continue;
      }
      size_t end = line;
      size_t width = 0;
      for (; end < last && HasColumn(end, column); ++end)
        width = std::max(width, TextWidth(lines_[end][column]) + padding_);
      widths_.push_back(width);
      Format(line, end);
      widths_.pop_back();
      line = end;
    }
  }

  void Write(size_t line) {
    const auto& cells = lines_[line];
    for (size_t i = 0; i < cells.size(); ++i) {
      out_ += cells[i];
      if (i + 1 < cells.size() && i < widths_.size()) out_.append(widths_[i] - TextWidth(cells[i]), ' ');
    }
    out_ += '\n';
  }

  std::vector<std::vector<std::string>> lines_;
  size_t padding_;
  std::vector<size_t> widths_;
  std::string out_;
};

}  // namespace

size_t TextWidth(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string FirstLineOfCell(std::string text) {
  const size_t end = text.find_first_of("\n\r\f");
  if (end == std::string::npos) return text;
  return text.substr(0, end) + "...";
}

std::string Table::Take(bool headings) {
  std::vector<std::vector<std::string>> lines;
  if (headings && !headings_shown_) lines.push_back(headers_);
  headings_shown_ = true;
  for (auto& row : rows_) lines.push_back(std::move(row));
  rows_.clear();
  for (const auto& line : lines) {
    widths_.resize(std::max(widths_.size(), line.size()), kLeastWidth);
    for (size_t i = 0; i < line.size(); ++i) widths_[i] = std::max(widths_[i], TextWidth(line[i]) + kPadding);
  }
  std::string text;
  for (const auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) {
      text += line[i];
      if (i + 1 < line.size()) text.append(widths_[i] - TextWidth(line[i]), ' ');
    }
    text += '\n';
  }
  return text;
}

std::string AlignTabs(std::string_view text, size_t padding) {
  return Aligner(SplitCells(text), padding).Run();
}

}  // namespace skiff::kube
