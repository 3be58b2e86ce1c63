Attribute VB_Name = "ReplyClick"
Option Explicit
' The click file: README.md beside this text says what is in it. ASCII only, because what VBA writes goes through the code
' page of the computer: names are written as the hexadecimal numbers of their UTF-16 units.

Private Const ADDIN_VERSION = "@version@"

' Writes down what was clicked and what was selected at that moment, and returns the name of the click.
Public Function NoteClick(button As String, pressed As String, shown As String) As String
    Dim id As String
    MakeFolder UserFolder()
    MakeFolder ClickFolder()
    id = NewId()
    ' A run that is going on looks for this one; it need not wait until Python has started.
    If button = "ReplyCancel" Then WriteClick id, ".cancel", button, pressed, shown
    WriteClick id, ".click", button, pressed, shown
    NoteClick = id
End Function

' Whether nobody has taken the click yet: who takes it renames its file.
Public Function IsWaiting(id As String) As Boolean
    IsWaiting = Dir(ClickFolder() & id & ".click") <> ""
End Function

' So that nothing takes, later on, a click of which the user was told that it could not be carried out.
Public Sub ForgetClick(id As String)
    On Error Resume Next
    Kill ClickFolder() & id & ".click"
End Sub

Public Function IsPractice() As Boolean
    On Error Resume Next
    IsPractice = Dir(UserFolder() & "practice") <> ""
End Function

Public Sub SetPractice(yes As Boolean)
    Dim file As Integer
    If yes Then
        file = FreeFile
        Open UserFolder() & "practice" For Output As #file
        Close #file
    ElseIf IsPractice() Then
        Kill UserFolder() & "practice"
    End If
End Sub

' The folder of this user that reply-xl uses as well; it ends with a separator. It never lies beside a workbook.
Public Function UserFolder() As String
    Dim root As String
    If OnMac() Then
        root = Environ("HOME")
        If InStr(root, "/Library/Containers/") = 0 Then root = root & "/Library/Containers/com.microsoft.Excel/Data"
    ElseIf InStr(Environ("LOCALAPPDATA"), "\") > 0 Then
        UserFolder = Environ("LOCALAPPDATA") & "\reply_xl\"
        Exit Function
    Else
        root = Environ("XDG_DATA_HOME")
        If root = "" Then root = Environ("HOME") & "/.local/share"
    End If
    UserFolder = root & "/reply_xl/"
End Function

Public Function OnMac() As Boolean
    OnMac = InStr(Application.OperatingSystem, "Mac") > 0
End Function

Private Function ClickFolder() As String
    ClickFolder = UserFolder() & "clicks" & Right(UserFolder(), 1)
End Function

Private Sub MakeFolder(folder As String)
    Dim path As String
    path = Left(folder, Len(folder) - 1)
    If Dir(path, vbDirectory) = "" Then MkDir path
End Sub

' Seconds since 2000, milliseconds and a random number, in digits that no language setting changes; sorts by time.
Private Function NewId() As String
    Randomize
    NewId = Padded(CLng((CDbl(Now) - 36526) * 86400), 8) & Padded(CLng(Timer * 1000) Mod 1000, 3) & Padded(CLng(Int(Rnd * 65536)), 4)
End Function

' Under another name first, so that nobody ever sees half a file.
Private Sub WriteClick(id As String, ending As String, button As String, pressed As String, shown As String)
    Dim file As Integer, number As Long, sentence As String
    On Error GoTo Failed
    file = FreeFile
    Open ClickFolder() & id & ".tmp" For Output As #file
    Print #file, "reply-xl click 1"
    Print #file, "id=" & id
    Print #file, "addin=" & ADDIN_VERSION
    Print #file, "button=" & button
    Print #file, "pressed=" & pressed
    Print #file, "practice=" & IIf(IsPractice(), "1", "0")
    Print #file, "shown=" & shown
    Print #file, "book=" & Fact("book")
    Print #file, "path=" & Fact("path")
    Print #file, "sheet=" & Fact("sheet")
    Print #file, "kind=" & Fact("kind")
    Print #file, "cell=" & Fact("cell")
    Print #file, "window=" & Fact("window")
    Print #file, "protected=" & Fact("protected")
    Print #file, "host=" & Fact("host")
    Print #file, "system=" & Fact("system")
    PrintAreas file
    Print #file, "end"
    Close #file
    Name ClickFolder() & id & ".tmp" As ClickFolder() & id & ending
    Exit Sub
Failed:
    number = Err.Number
    sentence = Err.Description
    Close #file
    Err.Raise number, "ReplyXL", sentence
End Sub

' The count first: an area that cannot be named then makes the whole file one that nobody obeys.
Private Sub PrintAreas(file As Integer)
    Dim count As Long, index As Long
    count = CLng("0" & Fact("areas"))
    Print #file, "areas=" & count
    For index = 1 To count
        Print #file, "area=" & Selection.Areas(index).Address
    Next index
End Sub

' One fact about what is open, or nothing where it cannot be had: no workbook, a chart, a host that does not know it.
Private Function Fact(what As String) As String
    Dim host As Object
    On Error Resume Next
    Set host = Application
    Select Case what
        Case "book": Fact = Units(ActiveWorkbook.Name)
        Case "path": Fact = Units(ActiveWorkbook.FullName)
        Case "sheet": Fact = Units(ActiveSheet.Name)
        Case "kind": Fact = Units(TypeName(Selection))
        Case "cell": Fact = ActiveCell.Address
        Case "areas": Fact = CStr(Selection.Areas.Count)
        Case "window": Fact = CStr(host.Hwnd)
        Case "protected": Fact = Units(host.ActiveProtectedViewWindow.Caption)
        Case "host": Fact = Units(Application.Version)
        Case "system": Fact = Units(Application.OperatingSystem)
    End Select
End Function

Private Function Units(text As String) As String
    Dim index As Long
    For index = 1 To Len(text)
        Units = Units & Padded(AscW(Mid(text, index, 1)) And 65535, 4)
    Next index
End Function

Private Function Padded(number As Long, digits As Integer) As String
    Padded = Right(String(digits, "0") & Hex(number), digits)
End Function
