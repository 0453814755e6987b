#include "cli/render/table.h"

#include <algorithm>
#include <cctype>

#include "cli/render/template.h"
#include "cli/render/units.h"

namespace skiff::cli {

using common::JsonValue;
using common::Result;

namespace {

constexpr size_t kMinimalColumn = 12;
constexpr size_t kGap = 2;

// "CreatedAt" -> "CREATED AT".
std::string HeadingOf(std::string_view field) {
  std::string heading;
  for (size_t i = 0; i < field.size(); ++i) {
    const bool starts_word = i > 0 && std::isupper(static_cast<unsigned char>(field[i])) &&
                             std::islower(static_cast<unsigned char>(field[i - 1]));
    if (starts_word) heading += ' ';
    heading += static_cast<char>(std::toupper(static_cast<unsigned char>(field[i])));
  }
  return heading;
}

// A row whose values are the headings.
JsonValue HeadingRow(const JsonValue& rows, const TableStyle& style, common::JsonBuilder& builder) {
  JsonValue row = builder.Object();
  for (const auto& [field, heading] : style.headers) builder.Set(row, field, heading);
  if (rows.Empty()) return row;
  for (const auto& member : rows[0].GetObject()) {
    const std::string name(member.name.GetString(), member.name.GetStringLength());
    if (!style.headers.contains(name)) builder.Set(row, name, HeadingOf(name));
  }
  return row;
}

std::vector<std::string> SplitCells(const std::string& line) {
  std::vector<std::string> cells(1);
  for (const char c : line) {
    if (c == '\t')
      cells.emplace_back();
    else
      cells.back() += c;
  }
  return cells;
}

// "table {{.ID}} {{.Names}}" may separate columns with spaces.
std::string TableTemplate(std::string_view format) {
  std::string text;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] == ' ' && text.ends_with("}}") && format.substr(i + 1).starts_with("{{"))
      text += '\t';
    else
      text += format[i];
  }
  return text;
}

}  // namespace

std::string AlignColumns(const std::vector<std::vector<std::string>>& lines) {
  std::vector<size_t> widths;
  for (const auto& line : lines) {
    widths.resize(std::max(widths.size(), line.size()), kMinimalColumn);
    for (size_t i = 0; i + 1 < line.size(); ++i)
      widths[i] = std::max(widths[i], DisplayWidth(line[i]) + kGap);
  }
  std::string text;
  for (const auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) {
      text += line[i];
      if (i + 1 < line.size()) text.append(widths[i] - DisplayWidth(line[i]), ' ');
    }
    text += '\n';
  }
  return text;
}

Result<std::string> RenderRows(const JsonValue& rows, const TableStyle& style) {
  std::string_view format = style.format;
  const bool table = format.starts_with("table ");
  if (table) format.remove_prefix(6);
  ASSIGN_OR_RETURN(const Template parsed,
                   Template::Parse(table ? TableTemplate(format) : std::string(format)));
  std::vector<std::vector<std::string>> lines;
  if (table && style.headings) {
    common::JsonBuilder builder;
    const JsonValue headings = HeadingRow(rows, style, builder);
    // Fields of an empty list are unknown: their headings are those of the style.
    if (const auto line = parsed.Execute(headings))
      lines.push_back(SplitCells(*line));
    else if (!rows.Empty())
      return line.error();
  }
  std::string plain;
  for (const JsonValue& row : rows.GetArray()) {
    ASSIGN_OR_RETURN(const std::string line, parsed.Execute(row));
    if (table) {
      lines.push_back(SplitCells(line));
    } else {
      plain += line;
      if (!line.ends_with('\n')) plain += '\n';
    }
  }
  return table ? AlignColumns(lines) : plain;
}

}  // namespace skiff::cli
