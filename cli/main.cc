#include <cstdio>
#include <exception>

#include "cli/program.h"

int main(int argc, char** argv) {
  try {
    return skiff::cli::RunProgram({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "Error: internal: %s\n", error.what());
    return 125;
  }
}
