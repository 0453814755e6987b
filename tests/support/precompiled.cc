// See tests/CMakeLists.txt.
int main() {}
