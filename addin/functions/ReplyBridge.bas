Attribute VB_Name = "ReplyBridge"
Option Explicit
Option Private Module
' Hands what a sheet asks to Python and gives the answer back. Which Python comes from launcher.txt in the user's own
' folder, the library that reaches it lies there as well, and what Python runs stands below: no workbook, folder of a
' workbook or sheet can choose any of it. Only the values of the arguments and their number formats are handed over, never a workbook or a range.
' Version @version@. Windows only.

#If Win64 Then
    Private Const LIBRARY = "ReplyXLFunctions64.dll"
    Private Declare PtrSafe Function XLPyDLLActivateAuto Lib "ReplyXLFunctions64.dll" (ByRef result As Variant, Optional ByVal config As String = "", Optional ByVal mode As Long = 1) As Long
#Else
    Private Const LIBRARY = "ReplyXLFunctions32.dll"
    Private Declare PtrSafe Function XLPyDLLActivateAuto Lib "ReplyXLFunctions32.dll" (ByRef result As Variant, Optional ByVal config As String = "", Optional ByVal mode As Long = 1) As Long
#End If
Private Declare PtrSafe Function LoadLibrary Lib "KERNEL32" Alias "LoadLibraryA" (ByVal lpLibFileName As String) As LongPtr

Private Const PYTHON_RUNS = " -I -m reply_xl.functions_server $(CLSID)"
Private Const PYTHON_MODULE = "reply_xl.functions"
Private Const MOST_CELLS = 200000
Private Const NOT_SET_UP = "Reply's functions are not set up for you on this computer; run reply-xl install --functions."
Private Const NO_PYTHON = "Reply: Python is no longer where it was when Reply was set up; run reply-xl install --functions again."
Private Const NOT_ALLOWED = "Reply's functions need a program that Excel starts, and this computer does not allow that; run reply-xl doctor."
Private Const NO_ANSWER = "Reply gave no answer; run reply-xl doctor."
Private Const TOO_MANY = "These are more than 200,000 cells; name only the rows that are in use, such as A2:A500."
Private Const NOT_ONE_BLOCK = "These cells are not one block; give one block of cells, such as A2:C500."

' How Python is started; nothing as long as that is not known.
Private Starter As String

' The answer to one function: a value or a block of them. What goes wrong is a sentence and never an error.
Public Function CallReply(asked As String, arguments As Variant) As Variant
    Dim server As Variant, given As Variant, shown As Variant, place As Long
    On Error GoTo Failed
    given = Array()
    shown = Array()
    If UBound(arguments) >= 0 Then ReDim given(0 To UBound(arguments))
    If UBound(arguments) >= 0 Then ReDim shown(0 To UBound(arguments))
    For place = 0 To UBound(arguments)
        shown(place) = ""
        If IsObject(arguments(place)) Then
            CallReply = TOO_MANY
            If arguments(place).CountLarge > MOST_CELLS Then Exit Function
            CallReply = NOT_ONE_BLOCK
            If arguments(place).Areas.Count > 1 Then Exit Function
            given(place) = arguments(place).Value
            shown(place) = FormatsOf(arguments(place))
        Else
            given(place) = arguments(place)
        End If
    Next
    If Starter = "" Then CallReply = FindCommand()
    If Starter = "" Then Exit Function
    CallReply = NOT_ALLOWED
    If XLPyDLLActivateAuto(server, Starter, 1) <> 0 Then
        Starter = ""
        Exit Function
    End If
    CallReply = server.CallUDF(PYTHON_MODULE, asked, given, shown)
    Exit Function
Failed:
    Starter = ""
    CallReply = NO_ANSWER
End Function

' The number format of a block of cells; where it has several, that of each of its columns, Null for one that has several itself.
Private Function FormatsOf(block As Variant) As Variant
    Dim found As Variant, place As Long
    found = block.NumberFormat
    If IsNull(found) Then
        ReDim found(0 To block.Columns.Count - 1)
        For place = 0 To UBound(found)
            found(place) = block.Columns(place + 1).NumberFormat
        Next
    End If
    FormatsOf = found
End Function

' Sets Starter, or returns the sentence why there is none. The library is loaded by its full path here, or never: by its
' name alone Windows would look for it in other folders too.
Private Function FindCommand() As String
    Dim python As String
    On Error GoTo Failed
    FindCommand = NOT_ALLOWED
    If Setting("start") = "agent" Then Exit Function
    FindCommand = NOT_SET_UP
    python = Setting("python")
    If python = "" Or InStr(python, Chr(34)) > 0 Or InStr(python, "$(") > 0 Then Exit Function
    If LoadLibrary(UserFolder() & LIBRARY) = 0 Then Exit Function
    FindCommand = NO_PYTHON
    If Dir(python) = "" Then Exit Function
    Starter = Chr(34) & python & Chr(34) & PYTHON_RUNS
    FindCommand = ""
Failed:
End Function

Private Function UserFolder() As String
    UserFolder = Environ("LOCALAPPDATA") & "\reply_xl\"
End Function

' The value of one line name=value in launcher.txt; nothing where there is no such file or line.
Private Function Setting(what As String) As String
    Dim file As Integer, text As String
    On Error GoTo Failed
    file = FreeFile
    Open UserFolder() & "launcher.txt" For Input As #file
    Do While Not EOF(file)
        Line Input #file, text
        If Left(text, Len(what) + 1) = what & "=" Then Setting = Mid(text, Len(what) + 2)
    Loop
Failed:
    On Error Resume Next
    Close #file
End Function
